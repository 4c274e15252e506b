"""How Sphinx builds the documentation: sphinx-build docs build/docs."""

project = "acsql"
author = "the acsql developers"
extensions = ["sphinx.ext.autodoc", "numpydoc"]
numpydoc_show_class_members = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
html_theme = "alabaster"
