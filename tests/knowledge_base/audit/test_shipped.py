"""The shipped guides against the shipped fingerprints: nothing open, and planted errors don't slip through."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from knowledge_base.audit import audit
from knowledge_base.audit.claims import Claim, claims_of
from knowledge_base.audit.evidence import Evidence
from knowledge_base.audit.facts import Fact, amount_fact
from knowledge_base.audit.fingerprint import FINGERPRINTS, load_fingerprints
from knowledge_base.audit.judge import borne_out
from knowledge_base.audit.reasons import load_reasons
from knowledge_base.loader import GUIDES_DIR, load_tree
from knowledge_base.model import Guide


@pytest.mark.slow
def test_every_value_is_in_its_record_or_has_a_reason() -> None:
    report = audit()
    assert [str(finding) for finding in report.findings] == []
    assert [str(problem) for problem in report.problems] == []
    assert report.guides == len(list(GUIDES_DIR.rglob("*.yml"))) >= 120
    assert report.found > 0.95 * report.values


def test_fingerprints_are_small_and_hold_no_sentence() -> None:
    assert FINGERPRINTS.stat().st_size < 500_000
    for line in FINGERPRINTS.read_text(encoding="utf-8").splitlines():
        assert "ngày làm việc" not in line
        assert " của " not in line


def test_reasons_are_one_sentence_each() -> None:
    reasons, problems = load_reasons()
    assert problems == []
    for reason in reasons:
        assert reason.why.endswith(".")
        assert len(reason.why) < 160


# Share of planted errors that must be found. What slips through stands elsewhere in the same record: another amount,
# another limit, a paper that neighbouring procedures share.
FLOORS = {
    "fee": 0.85, "time": 0.95, "unit": 0.9, "number": 0.9, "law": 0.95, "form": 0.95, "copies": 0.9,
    "paper of another field": 0.87, "paper of a neighbour": 0.6,
}
_OTHER_UNIT = {"day": "working_day", "working_day": "day", "hour": "day"}


@pytest.fixture(scope="module")
def caught() -> tuple[Counter[str], Counter[str]]:
    """How many errors of each kind were planted in all guides, and how many of them the audit finds."""
    guides = [file.guide for file in load_tree(GUIDES_DIR) if file.guide]
    evidence, dice = load_fingerprints(), random.Random(7)
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for guide in guides:
        for claim in claims_of(guide):
            for kind, wrong in _errors(claim, guide, guides, dice):
                planted[kind] += 1
                found[kind] += not borne_out(wrong, evidence[guide.code])
    return planted, found


@pytest.mark.slow
@pytest.mark.parametrize("kind", FLOORS)
def test_planted_errors_are_found(caught: tuple[Counter[str], Counter[str]], kind: str) -> None:
    planted, found = caught
    assert planted[kind] > 50
    assert found[kind] / planted[kind] >= FLOORS[kind]


def _errors(claim: Claim, guide: Guide, guides: list[Guide], dice: random.Random) -> Iterator[tuple[str, Claim]]:
    """Wrong versions of a claim, each of its kind."""
    fact, number = claim.fact, claim.fact.number if claim.fact else None
    if claim.document is not None and claim.how == "copies":
        more = claim.document.model_copy(update={"copies": claim.document.copies + 1})
        yield "copies", replace(claim, document=more)
    elif claim.document is not None:
        own = {document.name for document in guide.documents}
        for kind, near in (("paper of another field", False), ("paper of a neighbour", True)):
            others = [other for other in guides if (other.field == guide.field) is near]
            papers = [paper for other in others for paper in other.documents if paper.name not in own]
            if papers:
                yield kind, replace(claim, document=dice.choice(papers))
    elif fact is None:
        return
    elif number is not None and claim.how == "stated":
        if fact.kind == "vnd":
            yield from (("fee", replace(claim, fact=amount_fact("vnd", wrong))) for wrong in (number * 2, number * 10))
            return
        yield from (("time", replace(claim, fact=amount_fact(fact.kind, wrong))) for wrong in (number + 1, number * 2))
        yield "unit", replace(claim, fact=amount_fact(_OTHER_UNIT[fact.kind], number))
    elif number is not None and fact.kind != "count":
        yield "number", replace(claim, fact=amount_fact(fact.kind, number + dice.choice([1, 2, 5, 10])))
    elif fact.kind == "law" and fact.value[0].isdigit():
        serial, rest = fact.value.split("/", 1)
        if serial.isdigit():
            yield "law", replace(claim, fact=Fact("law", f"{int(serial) + 1}/{rest}"))
    elif fact.kind == "form":
        yield "form", replace(claim, fact=Fact("form", fact.value[:-1] + ("8" if fact.value[-1] == "9" else "9")))


def test_evidence_of_every_guide_is_full() -> None:
    """A record without papers, methods or laws would let nothing pass and say so; one that was cut short would not."""
    evidence: dict[str, Evidence] = load_fingerprints()
    assert all(item.facts and item.passages for item in evidence.values())
