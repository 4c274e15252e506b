"""Previews, thumbnails and cutouts of ACS images."""
