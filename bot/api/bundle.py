"""Makes one file of the widget's modules, so that a host page waits for one answer and not for twenty.

The modules are written for this: each imports by name from its own folder and no two define the same name at the top,
so that laying them end to end, the imported ones first, is all that bundling takes. What can't be laid so is an error,
not a guess. Comments and spaces are taken out by rjsmin. The bundlers of the JavaScript world do more, but none can be
had from PyPI for every platform that iSee runs on, and this bundle is never stale: it's made when the service starts.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from rjsmin import jsmin

from common.errors import SetupProblem

__all__ = ["bundle", "style_sheet"]

_IMPORT = re.compile(r'^import (?:\{([\w\s,]+)\}|(\w+)) from "\./([\w.-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_TOP = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACES = re.compile(r"\s*\n\s*")


def bundle(entry: Path) -> str:
    """`entry` and every module that it imports, as one module. Raises SetupProblem with the place of what can't be."""
    modules: dict[str, str] = {}
    _lay(entry, modules)
    owners: dict[str, str] = {}
    for name, text in modules.items():
        for defined in _TOP.findall(text):
            other = owners.setdefault(defined, name)
            if other != name:
                raise SetupProblem(f"{name} and {other} both define {defined}; modules of a bundle share their names.")
    return str(jsmin("\n".join(modules.values()))) + "\n"


def style_sheet(path: Path) -> str:
    """A style sheet without comments and line ends."""
    return _SPACES.sub(" ", _COMMENT.sub("", path.read_text("utf-8"))).strip()


def _lay(path: Path, modules: dict[str, str]) -> None:
    """Adds a module after those that it imports. A circle is cut where it closes: its functions are hoisted."""
    if path.name in modules:
        return
    text = path.read_text("utf-8")
    modules[path.name] = ""  # holds no place in the order: it is put in again below
    imported = _IMPORT.findall(text)
    for names, sheet, file in imported:
        other = path.parent / file
        if not other.is_file():
            raise SetupProblem(f"{path.name} imports {file}, which isn't there.")
        if sheet:
            modules[file] = f"const {sheet} = {json.dumps(style_sheet(other), ensure_ascii=False)};"
            continue
        _lay(other, modules)
        _check(path.name, other, names)
    del modules[path.name]
    own = _EXPORT.sub("", _IMPORT.sub("", text))
    if left := _LEFT.search(own):
        raise SetupProblem(f"{path.name}: “{left[0]}” can't be bundled; import names from files beside this one.")
    modules[path.name] = own


def _check(name: str, other: Path, names: str) -> None:
    """Raises SetupProblem for an imported name that the other module doesn't export."""
    exported = set(re.findall(r"^export (?:async )?(?:function\*?|const|let|class) (\w+)",
                              other.read_text("utf-8"), re.MULTILINE))
    missing = {one.strip() for one in names.split(",") if one.strip()} - exported
    if missing:
        raise SetupProblem(f"{name} imports {', '.join(sorted(missing))}, which {other.name} doesn't export.")
