"""How the documents changed, in order: one module for each step, `m<number>_<what it does>`.

Numbers count from 1 without a gap, and a step that was released is never changed: another one
follows it.  So a step says itself what it does to a document and does not call the code that
makes new ones, which goes on changing.  Its docstring is one sentence, which `acsql migrate
--dry-run` shows, and it has two functions:

- ``pending(store)`` returns how many documents it has still to change;
- ``apply(store, specs)`` changes them.  Cut short anywhere and called again it must come to the
  same end, so its filter finds only what is still to be done.
"""
