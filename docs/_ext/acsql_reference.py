"""Directives that write reference tables from the code, so that they cannot fall behind it.

Each directive reads one registry of acsql (settings, formats, named queries, keyword specs,
migrations, the OpenAPI document) and returns docutils nodes.  Cells are nodes and not
reStructuredText, so that no text of the code needs escaping.
"""

import builtins
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import yaml
from docutils import nodes
from openapi_reference import http_api
from reference_nodes import code, section, table
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

import acsql
from acsql import export, keywords, named_queries
from acsql.keywords import KeywordSpecs
from acsql.migrations import runner
from acsql.query import parser
from acsql.settings import SETTINGS

EXTENSIONS = Path(__file__).parents[1] / "extend" / "files.yaml"


def settings() -> list[nodes.Node]:
    """Return the table of settings."""
    rows = [
        (code(setting.name), code(f"ACSQL_{setting.name.upper()}"), setting.default, setting.help)
        for setting in SETTINGS
    ]
    return [
        table(("Setting", "Environment variable", "Default", "Meaning"), rows, (18, 26, 20, 36))
    ]


def formats() -> list[nodes.Node]:
    """Return the table of export formats."""
    rows = [
        (code(name), code(form.media_type), code(f".{form.extension}"))
        for name, form in export.FORMATS.items()
    ]
    return [table(("Format", "Media type", "File name ends in"), rows, (20, 50, 30))]


def named() -> list[nodes.Node]:
    """Return the table of named queries."""
    rows = []
    for name, function in named_queries.QUERIES.items():
        _, *parameters = inspect.signature(function).parameters.values()
        arguments = " ".join(
            f"[{p.name.upper()}]" if p.default is not p.empty else p.name.upper()
            for p in parameters
        )
        summary, *_ = (inspect.getdoc(function) or "").partition("\n")
        rows.append((code(name), code(arguments) if arguments else "", summary))
    return [table(("Name", "Arguments", "What it returns"), rows, (30, 25, 45))]


def migrations() -> list[nodes.Node]:
    """Return the table of migrations."""
    rows = [(str(step.number), code(step.name), step.description) for step in runner.steps()]
    return [table(("Number", "Module", "What it does"), rows, (10, 40, 50))]


def promoted() -> list[nodes.Node]:
    """Return the table of top-level fields: acsql's own and the promoted keywords."""
    specs = keywords.load()
    rows = [
        (
            code(name),
            spec.type,
            spec.unit or "",
            spec.description or "",
            _yes(name in specs.indexed),
        )
        for name, spec in specs.top_level.items()
    ]
    return [table(("Field", "Type", "Unit", "Meaning", "Indexed"), rows, (20, 12, 10, 46, 12))]


def _yes(value: bool) -> str:
    return "yes" if value else ""


def image_statistics() -> list[nodes.Node]:
    """Return the table of the statistics of images."""
    rows = [
        (
            code(name),
            statistic.spec.type,
            statistic.spec.description or "",
            ", ".join(statistic.filetypes) or "all",
        )
        for name, statistic in keywords.load().image_statistics.items()
    ]
    return [table(("Name", "Type", "Meaning", "Filetypes"), rows, (24, 10, 52, 14))]


def filetypes() -> list[nodes.Node]:
    """Return the table of filetypes, in the order in which values are looked for."""
    specs = keywords.load()
    rows = [
        (
            code(name),
            filetype.description,
            _yes(filetype.preview),
            _yes(name in specs.thumbnail_filetypes),
        )
        for name, filetype in specs.filetypes.items()
    ]
    return [table(("Filetype", "Content", "Preview", "Thumbnail"), rows, (12, 64, 12, 12))]


def all_keywords() -> list[nodes.Node]:
    """Return the keywords of the specs, a section for each initial."""
    specs = keywords.load()
    by_initial = groupby(sorted(specs.keywords.values(), key=lambda spec: spec.keyword), _initial)
    return [
        section(initial, f"keywords-{initial.lower()}", _keyword_table(list(group), specs))
        for initial, group in by_initial
    ]


def _initial(spec: Any) -> str:
    return str(spec.keyword[0].upper())


def _keyword_table(group: Iterable[Any], specs: KeywordSpecs) -> nodes.table:
    rows = [
        (
            code(spec.keyword),
            spec.type,
            spec.unit or "",
            spec.description or "",
            ", ".join(dict.fromkeys(filetype for filetype, _ in specs.headers_with(spec.name))),
        )
        for spec in group
    ]
    heads = ("Keyword", "Type", "Unit", "Description", "In headers of")
    return table(heads, rows, (14, 10, 10, 40, 26))


class Generated(SphinxDirective):
    """A directive whose content a function returns."""

    make: ClassVar[Callable[[], list[nodes.Node]]]

    def run(self) -> list[nodes.Node]:
        """Return the content."""
        return type(self).make()


class Modules(SphinxDirective):
    """Every module of acsql with the first sentence of its docstring, as targets of links."""

    def run(self) -> list[nodes.Node]:
        """Return a definition list."""
        lines = []
        for name in modules():
            docstring = inspect.getdoc(importlib.import_module(name)) or ""
            summary, *_ = docstring.partition("\n\n")
            described = summary.replace("\n", " ")
            declared = name not in _DOCUMENTED | _SHADOWED
            lines += [f".. py:module:: {name}", ""] if declared else []
            target = f"``{name}``" if name in _SHADOWED else f":py:mod:`{name}`"
            lines += [target, f"   {described}", ""]
        return self.parse_text_to_nodes("\n".join(lines))


# Modules whose own page declares them.
_DOCUMENTED = {
    f"acsql.{name}"
    for name in (
        *("named_queries", "proposals", "runs", "statistics", "compare", "config", "settings"),
        "annotations",
        "errors",
        "colour",
        "parquet",
    )
}


# Modules with the name of a function of their package, which has a page.
_SHADOWED = {"acsql.keywords.load"}


def modules() -> list[str]:
    """Return the names of all modules of acsql, without keyword specs and migration steps."""
    walked = pkgutil.walk_packages(acsql.__path__, "acsql.")
    return sorted(
        module.name
        for module in walked
        if not module.name.startswith(("acsql.keyword_specs", "acsql.migrations.steps"))
        and not module.name.endswith("__main__")
    )


class Flow(SphinxDirective):
    """Lines of a module and what happens there, as a numbered list with links."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a list."""
        lines = []
        for line in self.content:
            name, _, described = line.partition(" ")
            lines.append(f"#. :py:mod:`{name}`: {described.strip()}")
        return self.parse_text_to_nodes("\n".join(lines))


def grammar() -> list[nodes.Node]:
    """Return the grammar of the query language."""
    text = inspect.cleandoc(parser._GRAMMAR)
    return [nodes.literal_block(text, text, language="text")]


def extend_role(
    _name: str, rawtext: str, key: str, *_: Any, **__: Any
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return the files that a kind of extension changes, from ``docs/extend/files.yaml``."""
    files = yaml.safe_load(EXTENSIONS.read_text(encoding="utf-8"))[key]["files"]
    inlines: list[nodes.Node] = []
    for index, file in enumerate(files):
        inlines += [nodes.Text(" and ")] if index else []
        inlines.append(code(file))
    del rawtext
    return inlines, []


def unlink_builtins(_app: Sphinx, document: nodes.document) -> None:
    """Show the types of Python in signatures as text: `bytes` is also the name of attributes."""
    for node in list(document.findall(pending_xref)):
        if node.get("reftype") == "class" and hasattr(builtins, node["reftarget"]):
            node.replace_self(nodes.Text(node["reftarget"]))


def resolve_short_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Return a link for a name that is not fully qualified, if it means one object of acsql.

    Docstrings say `Search.count` and `QueryError`, whatever module they stand in.
    """
    if node.get("refdomain") != "py" or not node.get("reftarget"):
        return None
    target = node["reftarget"].rpartition("acsql.")[2]
    objects = env.domains.python_domain.objects
    for suffix in (f".{target}", f".{target.rpartition('.')[2]}"):
        found = {
            (entry.docname, entry.node_id): entry
            for name, entry in objects.items()
            if name.startswith("acsql.") and name.endswith(suffix)
        }
        if len(found) == 1:
            entry = next(iter(found.values()))
            return make_refnode(
                app.builder, node["refdoc"], entry.docname, entry.node_id, content, target
            )
        if found or target[:1].islower():
            break
    return None


_MAKERS: dict[str, Callable[[], list[nodes.Node]]] = {
    "acsql-settings": settings,
    "acsql-formats": formats,
    "acsql-named-queries": named,
    "acsql-migrations": migrations,
    "acsql-promoted": promoted,
    "acsql-image-statistics": image_statistics,
    "acsql-filetypes": filetypes,
    "acsql-keywords": all_keywords,
    "acsql-grammar": grammar,
    "acsql-openapi": http_api,
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    for name, make in _MAKERS.items():
        app.add_directive(name, type(name, (Generated,), {"make": staticmethod(make)}))
    app.add_directive("acsql-modules", Modules)
    app.add_directive("acsql-flow", Flow)
    app.add_role("extend", extend_role)
    app.connect("doctree-read", unlink_builtins)
    app.connect("missing-reference", resolve_short_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
