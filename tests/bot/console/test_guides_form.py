"""The editor's form holds every guide: what a browser sends back unchanged is the guide unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.console.guides.fields import all_fields, read
from knowledge_base.catalogue import load_facts
from knowledge_base.drafting.diff import changed_fields
from knowledge_base.loader import GUIDES_DIR, load_tree
from knowledge_base.publishing import guide_payload


def typed(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the form sends for `payload`."""
    for one in all_fields().values():
        value = payload.get(one.name)
        if one.kind == "lines":
            yield one.name, "\r\n".join(value or [])
        elif one.listed:
            for place, item in enumerate(value or []):
                given = item if isinstance(item, Mapping) else {"": item}
                for part, entry in given.items():
                    name = f"{one.name}.{place}.{part}" if part else f"{one.name}.{place}"
                    yield from ((name, _shown(each)) for each in (entry if isinstance(entry, list) else [entry]))
        elif value is not None:
            yield from ((one.name, _shown(each)) for each in (value if isinstance(value, list) else [value]))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", ",")
    return str(value).replace("\n", "\r\n")


def test_every_shipped_guide_comes_back_as_it_went() -> None:
    guides = [file.guide for file in load_tree(GUIDES_DIR) if file.guide] + load_facts()
    assert len(guides) > 2000
    for guide in guides:
        payload = guide_payload(guide)
        assert not changed_fields(payload, read(typed(payload), guide.code)), guide.code
