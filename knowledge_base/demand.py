"""What citizens ask about most: `demand.yml`, 200 procedures in three tiers, and how well phrasings cover them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from yaml import CSafeLoader

from common.errors import InvalidGuide
from knowledge_base.model import Guide, Level
from knowledge_base.phrasing import with_phrasings

__all__ = ["DEMAND_FILE", "REASONS", "Coverage", "check_demand", "demand", "demand_tiers", "phrasing_coverage"]

DEMAND_FILE = Path(__file__).with_name("demand.yml")
REASONS = frozenset({"project_06", "life_event", "commune_desk", "vehicle", "business", "local"})
TIERS = ("tier_1", "tier_2", "tier_3")
TOP_PHRASINGS = 12
COMMUNE_PHRASINGS = 5


@dataclass(frozen=True)
class Coverage:
    """How many procedures have enough phrasings, of how many: the top 200, the other commune-level ones, all."""

    top: int
    top_of: int
    commune: int
    commune_of: int
    any: int
    any_of: int


@lru_cache(maxsize=4)
def demand(path: Path = DEMAND_FILE) -> dict[str, int]:
    """Code to rank, 1 for what is asked most. What `check_demand` complains about is left out."""
    codes = dict.fromkeys(code for _, _, entry in _entries(path) if (code := entry.get("code")))
    return {code: rank for rank, code in enumerate(codes, start=1)}


@lru_cache(maxsize=4)
def demand_tiers(path: Path = DEMAND_FILE) -> dict[str, int]:
    """Code to tier: 1 every week at each desk, 2 every month, 3 regularly."""
    tiers: dict[str, int] = {}
    for tier, _, entry in _entries(path):
        if code := entry.get("code"):
            tiers.setdefault(code, TIERS.index(tier) + 1)
    return tiers


def check_demand(names: Mapping[str, str], path: Path = DEMAND_FILE) -> list[InvalidGuide]:
    """Every problem with line and code: broken YAML, unknown or repeated codes, other names, unknown reasons.

    `names` are the catalogue's, by code.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [InvalidGuide(f"không đọc được: {str(error).splitlines()[0]}", file=path.name)]
    if not isinstance(root, yaml.MappingNode):
        return [InvalidGuide("tệp phải có các mục " + ", ".join(TIERS), file=path.name, line=1)]
    problems = [
        InvalidGuide(
            f"mục lạ; chỉ dùng {', '.join(TIERS)}", file=path.name, line=key.start_mark.line + 1, field=key.value
        )
        for key, _ in root.value
        if key.value not in TIERS
    ]
    seen: dict[str, int] = {}
    for _, line, entry in _entries(path):
        code = entry.get("code", "")
        for detail in _faults(entry, names, seen.get(code)):
            problems.append(InvalidGuide(detail, file=path.name, line=line, field=code))
        seen.setdefault(code, line)
    return problems


def phrasing_coverage(guides: Iterable[Guide], path: Path = DEMAND_FILE) -> Coverage:
    """How far the goal is met: 12 ways of asking for each of the top 200, 5 for other commune-level ones, 1 for all.

    A curated guide's own questions count, shipped phrasings are added to them.
    """
    guides, top = list(guides), demand(path)
    counts = {guide.code: len(with_phrasings(guide).questions) for guide in guides}
    communes = {guide.code for guide in guides if Level.COMMUNE in guide.levels and guide.code not in top}
    return Coverage(
        top=sum(counts.get(code, 0) >= TOP_PHRASINGS for code in top),
        top_of=len(top),
        commune=sum(counts[code] >= COMMUNE_PHRASINGS for code in communes),
        commune_of=len(communes),
        any=sum(count > 0 for count in counts.values()),
        any_of=len(counts),
    )


def _faults(entry: Mapping[str, str], names: Mapping[str, str], earlier: int | None) -> Iterator[str]:
    code, name = entry.get("code", ""), entry.get("name", "")
    if code not in names:
        yield "không có thủ tục mang mã này trong danh mục"
    elif not (name == names[code] or (name.endswith("…") and names[code].startswith(name[:-1]) and len(name) > 1)):
        yield f"tên phải như trong danh mục (được cắt bớt bằng …): {names[code][:100]}"
    if earlier is not None:
        yield f"mã đã có ở dòng {earlier}"
    if entry.get("why") not in REASONS:
        yield f"lý do phải là một trong: {', '.join(sorted(REASONS))}"


def _entries(path: Path) -> Iterator[tuple[str, int, dict[str, str]]]:
    """(tier, line, entry) of every item that can be read, in order; none when the file can't be read."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return
    for tier, items in root.value if isinstance(root, yaml.MappingNode) else ():
        if tier.value in TIERS and isinstance(items, yaml.SequenceNode):
            for item in items.value:
                pairs = item.value if isinstance(item, yaml.MappingNode) else ()
                entry = {key.value: value.value for key, value in pairs if isinstance(value, yaml.ScalarNode)}
                yield tier.value, item.start_mark.line + 1, entry
