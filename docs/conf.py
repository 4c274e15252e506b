"""How Sphinx builds the documentation: ``make docs``.

The site needs no network, neither to build (no inventories of other projects are fetched) nor to
read (scripts, styles and fonts are part of the build).
"""

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "acsql"
author = "the acsql developers"
copyright = "the acsql developers"
version = release = metadata.version("acsql")

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "myst_parser",
    "acsql_reference",
]
exclude_patterns = ["examples"]
# `Archive.search` in a docstring is a link; a name that leads nowhere is an error.
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [
    # Types of other libraries: their inventories are not at hand without a network.
    (
        r"py:.*",
        r"(astropy|bokeh|click|collections|dask|datetime|flask|lark|numpy|np|pathlib|regions|mocpy)\b.*",
    ),
    (r"py:.*", r"(pymongo|bson|mongoengine|typing|contextlib|os|json|sqlite3|enum)\b.*"),
    (
        r"py:(class|obj)",
        r"(Table|Path|Quantity|SkyCoord|PolygonSkyRegion|MOC|WCS|CCDData|PathLike|HDUList|Any)"
        r"|NamedTuple|optional|callable",
    ),
    (r"py:(class|obj)", r"(sequence|mapping|iterable|iterator|scalar|array[-_]like|default.*)"),
    # Types of internal modules, in signatures; types with parameters, in docstrings.
    (r"py:class", r"acsql\.(store|ingest|search|keywords|verify|monitors)\..*|TimeLimit|AlertRule"),
    # Names that modules import for type checkers alone.
    (r"py:class", r"(fits|npt)\..*|Observation|Row|Monitored|FillReport"),
    (r"py:class", r".*[\[\]].*|P|Self"),
    # Commands, in help texts.
    (r"py:obj", r"acsql [a-z -]+"),
    # Constants.
    (r"py:obj", r"([A-Za-z.]*\.)?[A-Z][A-Z0-9_]+"),
    # Parameters and stored fields, which docstrings write as `name`.
    (r"py:obj", r"_?[a-z][a-z0-9_]*"),
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
add_module_names = False
numpydoc_show_class_members = False

copybutton_prompt_text = r">>> |\.\.\. |\$ |acsql> "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

html_theme = "pydata_sphinx_theme"
html_title = f"acsql {release}"
html_static_path = ["_static"]
html_css_files = ["acsql.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "acsql"},
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_sidebars = {page: [] for page in ("index", "installation", "tutorial")}

man_pages = [("reference/commands", "acsql", "the archive of Hubble/ACS observations", [author], 1)]
