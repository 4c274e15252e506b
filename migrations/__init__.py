"""Released migration steps, frozen; the docstring of `acsql.migrations` has the rules for one."""
