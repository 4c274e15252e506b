"""Access to FITS files: headers, cards, chips, world coordinates and footprints."""
