"""The site: what is in the archive, shown."""
