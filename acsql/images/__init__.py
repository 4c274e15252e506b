"""What an observation looks like: the preview and the thumbnail of an ACS image."""
