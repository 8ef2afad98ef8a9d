"""Next steps: every code is real, and every guide leads somewhere where it says so."""

from __future__ import annotations

from actions.notices.next_steps import load_next_steps, next_steps
from knowledge_base.catalogue import catalogue_codes
from tests.actions.support import shelf_of, shipped_guides


def test_every_code_exists_and_nothing_leads_to_itself() -> None:
    known = set(catalogue_codes()) | {guide.code for guide in shipped_guides()}
    for code, steps in load_next_steps().items():
        assert code in known
        codes = [step["code"] for step in steps]
        assert set(codes) <= known, (code, set(codes) - known)
        assert code not in codes
        assert len(codes) == len(set(codes))
        assert all(set(step) == {"code", "why"} and step["why"] for step in steps)


def test_birth_leads_to_residence_with_its_reason() -> None:
    steps = next_steps(shelf_of(*shipped_guides()), "1.001193")
    assert {"1.004222", "1.014062"} <= {step.code for step in steps}
    assert all(step.follows and step.why for step in steps)


def test_where_the_file_is_silent_the_guide_speaks() -> None:
    shelf = shelf_of(*shipped_guides())
    (silent,) = [guide for guide in shipped_guides() if guide.code == "3.000333"]
    assert silent.code not in load_next_steps()
    steps = next_steps(shelf, silent.code)
    assert {step.code for step in steps} <= {item.code for item in silent.related}
    assert not any(step.follows for step in steps)


def test_an_unknown_procedure_leads_nowhere() -> None:
    assert next_steps(shelf_of(), "9.999999") == []
