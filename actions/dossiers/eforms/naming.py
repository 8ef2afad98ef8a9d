"""Which answer of a form a citizen names: by its label, in other words for it, or by an item's number."""

from __future__ import annotations

import re

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.values import plain

__all__ = ["named_field", "named_item", "named_path", "only_names_a_field"]

# What surrounds a label in "cho em sửa lại phần số điện thoại".
_EDIT_WORDS = frozenset(
    ("sua", "chinh", "lai", "doi", "phan", "muc", "cho", "em", "toi", "minh", "a", "so", "cua", "giup", "xoa", "bo")
)
# What citizens call things that labels name otherwise.
_ALSO = {
    "be": ("tre",), "con": ("tre",), "chau": ("tre",), "sdt": ("dien", "thoai"), "dt": ("dien", "thoai"),
    "email": ("thu", "dien", "tu"), "mail": ("thu", "dien", "tu"), "gmail": ("thu", "dien", "tu"),
    "cccd": ("dinh", "danh"), "cmnd": ("dinh", "danh"),
}
# Before a new value: "sửa tên bé thành …".
_BECOMES = re.compile(r"\s(?:thanh|la|sang)\s")


def named_field(draft: Draft, name: str) -> EField | None:
    """The visible field called `name`, or the only answered one whose label has all the words of `name`."""
    exact = next((f for f in draft.visible if f.name == name), None)
    if exact:
        return exact
    before_value = _BECOMES.split(plain(name), maxsplit=1)[0]
    for said in dict.fromkeys((plain(name), before_value)):
        words = _words(said) - _EDIT_WORDS
        for meant in (words, {also for word in words for also in _ALSO.get(word, (word,))}):
            found = [f for f, _value in draft.answered if meant and meant <= _words(f.label)]
            if len(found) == 1:
                return found[0]
    return None


def named_item(draft: Draft, name: str) -> tuple[EField, int] | None:
    """Group and number of the item that `name` names: `members.2`, or "thành viên 2"."""
    words = _words(name) - _EDIT_WORDS
    for group in draft.form.groups:
        for index in range(1, draft.items(group.name) + 1):
            if name == f"{group.name}.{index}" or words == _words(group.item_title(index)) - _EDIT_WORDS:
                return group, index
    return None


def only_names_a_field(draft: Draft, text: str) -> bool:
    """Whether `text` asks to change something and has no words but those of one label: no value came with it."""
    words = _words(text) - _EDIT_WORDS
    return any(words <= _words(f.label) for f in draft.visible)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", plain(text)))


def named_path(draft: Draft, text: str) -> str:
    """The field that a wish for a change names, or an item: `members.2`, `members.2.remove`, `members.add`."""
    field = named_field(draft, text)
    if field:
        return field.name
    words = plain(text).split()
    item = named_item(draft, text)
    if item:
        path = f"{item[0].name}.{item[1]}"
        return f"{path}.remove" if words[0] in ("xoa", "bo") else path
    if words[:1] != ["them"]:
        return ""
    groups = [group for group in draft.form.groups if any(f.group == group.name for f in draft.visible)]
    meant = [g for g in groups if plain(str(g.item)) in " ".join(words) or len(groups) == 1]
    return f"{meant[0].name}.add" if len(meant) == 1 else ""
