"""Database migrations: the runner here, and the steps in the top-level folder ``migrations/``.

`acsql.migrations.steps` is that folder.  To write a step:

1. Add ``migrations/m<number>_<what it does>.py``.  Numbers count from 1 without a gap.
2. Make its docstring start with one sentence, which ``acsql migrate --dry-run`` shows.
3. Write ``pending(store)``, which returns how many documents the step has yet to change.
4. Write ``apply(store, specs)``, which changes them.  After an interruption anywhere it is called
   again and must arrive at the same result, so its filter matches only what is left to do.
5. Import nothing of acsql but `Store` and `KeywordSpecs`, as types.  A released step is frozen:
   the code and the values that acsql uses today change, so a step has its own copy of what it
   needs.  Another step corrects a released one.
6. Raise `acsql.store.schema.SCHEMA_VERSION` if observations get another shape.
7. Add tests to ``tests/migrations/test_steps.py``, named ``test_<number>_...``: from an old state
   to the new one, and from an interrupted one.  The test suite fails for a step without a test.
"""
