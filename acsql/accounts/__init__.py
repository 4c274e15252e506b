"""Accounts: the users of the site with their roles, passwords and tokens, and the audit log."""
