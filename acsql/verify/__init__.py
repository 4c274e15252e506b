"""Verification: comparison of the FITS archive, the database and the previews."""
