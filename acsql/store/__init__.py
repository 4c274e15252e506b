"""The database: document schema, filters, queries and derived collections."""
