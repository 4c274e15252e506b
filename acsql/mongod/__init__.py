"""The private server: a mongod that acsql starts itself where no connection string is set.

`server` starts, shares and stops it; `registry` records who uses it, `process` finds and ends its
process, `launch` starts one, `supervision` starts it again when it ends, and `replica_set` makes it
the one member of a replica set.
"""
