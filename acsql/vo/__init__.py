"""The archive in the Virtual Observatory: the protocols of the IVOA, apart from HTTP.

Each module answers one protocol: it takes the parameters of a request and an open archive, and
returns an astropy table, FITS or text.  `acsql.export.votable` writes the tables, as it does for
exports; `acsql.web.vo` has the routes.
"""
