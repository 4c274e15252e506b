"""The modules of a script as one, for browsers that would request each of them.

The modules are native ones, and each can be loaded alone.  A page with thirty of them waits for
thirty requests, of which a browser makes six at a time without HTTP/2: longer than for the pixels
that the script shows.  In the one script each module is a function that is called once, with its
imports as constants, so that names which it does not export stay its own.
"""

import re
from collections.abc import Iterator
from pathlib import Path

# The only forms of imports and exports in these modules.
_IMPORT = re.compile(r'^import \{(\s*\w+(?:,\s*\w+)*,?\s*)\} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def joined(main: Path) -> str:
    """Return a module and all that it imports as one script.

    Parameters
    ----------
    main : Path
        A module whose imports lie in the same folder.

    Returns
    -------
    str
        A script without imports.

    Raises
    ------
    ValueError
        If modules import each other, or in another form than ``import { a, b } from "./c.js";``.
    """
    return "".join(_functions(main, done=set(), within=()))


def _functions(module: Path, done: set[Path], within: tuple[Path, ...]) -> Iterator[str]:
    """Yield a module as a function, after those that it imports and that are not done."""
    if module in within:
        raise ValueError(f"{module.name} imports itself: {' > '.join(p.name for p in within)}")
    if module in done:
        return
    done.add(module)
    source = module.read_text()
    for _, name in _IMPORT.findall(source):
        yield from _functions(module.with_name(f"{name}.js"), done, (*within, module))
    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const {\1} = module_\2;", source))
    if other := _OTHER.search(body):
        raise ValueError(f"{module.name}: cannot be joined: {other[0]}")
    yield f"const module_{module.stem} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"
