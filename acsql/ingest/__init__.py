"""Ingest: FITS files become documents and previews."""
