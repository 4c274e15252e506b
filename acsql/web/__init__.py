"""The site: pages and an HTTP API for one archive."""
