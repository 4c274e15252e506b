"""Export formats, one module each: the name of the module is the name of the format.

A module defines `FORMAT`, an `acsql.export.registry.Format`, and is then offered wherever rows
can be exported.  Every format writes rows as they arrive; `table` alone collects them first.
"""
