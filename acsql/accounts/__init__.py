"""Accounts: who may do what on the site, their passwords and tokens, and the audit log."""
