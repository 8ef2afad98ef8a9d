"""Loading e-forms: YAML in `forms/`, shared blocks in `forms/shared.yml`, errors with file, line and field.

A form file may say `- include: applicant` in its fields (in those of a group, too), which stands for the block of
that name in `shared.yml`. Beside it may stand `with: {who: bé}` (values for `$who` in the block), `without: [email]`
(fields left out) and `when: {…}` (a condition for all of them). A form without `consent` takes the shared one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml import CSafeLoader

from actions.dossiers.eforms.eform import EField, EForm, When
from common.errors import InvalidGuide

__all__ = ["FORMS_DIR", "FormLibrary"]

FORMS_DIR = Path(__file__).parents[1] / "forms"
_SHARED = "shared.yml"
_INCLUDE_KEYS = {"include", "with", "without", "when"}
_Path = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class _Parsed:
    """A YAML document with the line of each of its paths."""

    file: str
    data: Any
    lines: dict[tuple[str | int, ...], int]

    def line(self, path: tuple[str | int, ...]) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: tuple[str | int, ...], detail: str) -> InvalidGuide:
        where = ".".join(str(part) for part in path)
        return InvalidGuide(detail, file=self.file, line=self.line(path), field=where)


class FormLibrary:
    """All e-forms, by slug and by procedure code."""

    def __init__(self, forms: list[EForm]) -> None:
        self._by_slug = {form.slug: form for form in forms}
        self._by_procedure = {form.procedure: form for form in forms}

    @classmethod
    def load(cls, folder: Path = FORMS_DIR) -> FormLibrary:
        """Every form of `folder`. Raises InvalidGuide naming file, line and field of the first fault."""
        shared = _parse(folder / _SHARED) if (folder / _SHARED).exists() else _Parsed(_SHARED, {}, {})
        forms: list[EForm] = []
        for path in sorted(folder.glob("*.yml")):
            if path.name == _SHARED:
                continue
            parsed = _parse(path)
            form = _form(parsed, shared)
            twin = next((f for f in forms if form.slug == f.slug or form.procedure == f.procedure), None)
            if twin:
                detail = f"{twin.slug} ({twin.procedure}) is already the form of this slug or procedure"
                raise parsed.problem(("slug",), detail)
            if form.slug != path.stem:
                raise parsed.problem(("slug",), f"slug {form.slug} does not match the file name {path.name}")
            forms.append(form)
        return cls(forms)

    @staticmethod
    @cache
    def shipped() -> FormLibrary:
        """The forms that come with iSee, read once a process: forms never change, and reading them all takes long."""
        return FormLibrary.load()

    def get(self, slug: str) -> EForm | None:
        return self._by_slug.get(slug)

    def for_procedure(self, code: str) -> EForm | None:
        """The form of a procedure; a local variant (`1.001193.000.00.00.H49`) uses the national one's."""
        return self._by_procedure.get(code) or self._by_procedure.get(code[:8])

    def __iter__(self) -> Iterator[EForm]:
        return iter(self._by_slug.values())

    def __len__(self) -> int:
        return len(self._by_slug)


def _form(parsed: _Parsed, shared: _Parsed) -> EForm:
    if not isinstance(parsed.data, dict):
        raise parsed.problem((), "a form is a mapping of slug, title, fields, …")
    data = dict(parsed.data)
    if "consent" not in data and "consent" in shared.data:
        data["consent"] = shared.data["consent"]
    data["fields"] = _fields(data.get("fields"), parsed, shared, ("fields",))
    return _validated(EForm, data, parsed, ())


def _fields(listed: Any, parsed: _Parsed, shared: _Parsed, at: _Path) -> list[EField]:
    if not isinstance(listed, list):
        raise parsed.problem(at, "fields is missing or is not a list")
    fields: list[EField] = []
    for index, item in enumerate(listed):
        here = (*at, index)
        if isinstance(item, dict) and "include" in item:
            fields += _included(item, parsed, shared, here)
        elif isinstance(item, dict) and item.get("type") == "group" and "fields" in item:
            parts = _fields(item["fields"], parsed, shared, (*here, "fields"))
            fields.append(_validated(EField, {**item, "fields": parts}, parsed, here))
        else:
            fields.append(_validated(EField, item, parsed, here))
    return fields


def _included(item: dict[str, Any], parsed: _Parsed, shared: _Parsed, at: _Path) -> list[EField]:
    """The fields of a shared block, its parameters filled in, some left out, under a condition of its own."""
    name = item["include"]
    block = shared.data.get(name)
    if not isinstance(block, list):
        raise parsed.problem((*at, "include"), f"shared.yml has no block {name!r}")
    unknown = sorted(set(item) - _INCLUDE_KEYS)
    if unknown:
        raise parsed.problem((*at, unknown[0]), f"an include takes {', '.join(sorted(_INCLUDE_KEYS))}")
    given = item.get("with") or {}
    unused = sorted(set(given) - _parameters(block))
    if unused:
        raise parsed.problem((*at, "with", unused[0]), f"the block {name!r} has no parameter ${unused[0]}")
    try:
        filled = _filled(block, given)
    except (KeyError, ValueError) as error:
        raise parsed.problem(at, f"the block {name!r} needs a value for {error} under with") from error
    left_out = set(item.get("without") or ())
    fields = [_validated(EField, part, shared, (name, n)) for n, part in enumerate(filled)]
    missing = sorted(left_out - {field.name for field in fields})
    if missing:
        raise parsed.problem((*at, "without"), f"the block {name!r} has no field {missing[0]}")
    conditions = item.get("when") or []
    more = [_validated(When, when, parsed, (*at, "when"))
            for when in ([conditions] if isinstance(conditions, dict) else conditions)]
    return [field.model_copy(update={"when": [*more, *field.when]}) for field in fields if field.name not in left_out]


def _filled(part: Any, values: dict[str, Any]) -> Any:
    if isinstance(part, str):
        return Template(part).substitute(values)
    if isinstance(part, list):
        return [_filled(item, values) for item in part]
    if isinstance(part, dict):
        return {key: _filled(item, values) for key, item in part.items()}
    return part


def _parameters(part: Any) -> set[str]:
    if isinstance(part, str):
        return set(Template(part).get_identifiers())
    items = part if isinstance(part, list) else part.values() if isinstance(part, dict) else ()
    return {name for item in items for name in _parameters(item)}


def _validated(model: type[_Model], data: Any, parsed: _Parsed, at: tuple[str | int, ...]) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = str(first["msg"]).removeprefix("Value error, ")
        raise parsed.problem((*at, *first["loc"]), message) from error


def _parse(path: Path) -> _Parsed:
    text = path.read_text(encoding="utf-8")
    try:
        node = yaml.compose(text, Loader=CSafeLoader)
        data = yaml.load(text, Loader=CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        detail = f"YAML không đọc được: {getattr(error, 'problem', error)}"
        raise InvalidGuide(detail, file=path.name, line=mark.line + 1 if mark else 0) from error
    lines: dict[tuple[str | int, ...], int] = {}
    if node is not None:
        _collect(node, (), lines)
    return _Parsed(path.name, data, lines)


def _collect(node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*path, key.value)] = key.start_mark.line + 1
            _collect(value, (*path, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect(value, (*path, index), lines)
