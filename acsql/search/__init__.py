"""Searches: counting, facets, pages and explanations of empty results."""
