"""The private MongoDB server that acsql starts where no connection_string is set."""
