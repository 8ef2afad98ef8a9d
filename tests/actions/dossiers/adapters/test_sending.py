"""What goes out: whole, once, and again when it got lost."""

from __future__ import annotations

import hashlib

from tests.actions.dossiers.adapters.rig import Near, Rig

PAPER = b"%PDF-1.4 a paper"


def test_a_submitted_dossier_is_sent_and_its_outside_code_kept(rig: Rig, sim: Near) -> None:
    code = rig.submits(file=PAPER)
    rig.works()
    there = sim.of(code)
    assert there["fields"] == ["applicant_name"] and there["files"] == [hashlib.sha256(PAPER).hexdigest()]
    assert rig.outside.code_of(code) == there["code"]
    assert rig.row(code).state == "submitted" and rig.link(code).sequence == 1


def test_while_the_outside_system_is_down_the_dossier_waits_and_is_not_given_up(rig: Rig, sim: Near) -> None:
    code = rig.submits()
    sim.faults(down=True)
    for _ in range(20):
        rig.works()
    assert sim.dossiers() == [] and rig.outside.code_of(code) == ""
    sim.faults()
    rig.works()
    assert rig.outside.code_of(code) == sim.of(code)["code"]


def test_an_answer_that_got_lost_leaves_one_dossier(rig: Rig, sim: Near) -> None:
    sim.faults(lose_next=5)
    code = rig.submits()
    for _ in range(4):
        rig.works()
    assert len(sim.dossiers()) == 1
    assert rig.outside.code_of(code) == sim.of(code)["code"]


def test_a_refused_dossier_is_shown_to_staff_and_not_sent_again(rig: Rig, sim: Near) -> None:
    sim.faults(refuse_next=1)
    code = rig.submits()
    rig.works()
    rig.works()
    assert rig.link(code).state == "refused" and "422" in rig.link(code).problem
    report = rig.outside.reconcile()
    assert [difference.kind for difference in report.differences] == ["refused"] and sim.dossiers() == []
    assert code in rig.outside.describe(report.differences[0])
    with rig.database.session() as session:
        rig.outside.try_again(session, rig.row(code).id)
    rig.works()
    assert rig.link(code).state == "sent"


def test_a_supplement_takes_the_new_files_only(rig: Rig, sim: Near) -> None:
    code = rig.submits(file=PAPER)
    rig.works()
    rig.hears(sim.move(code, "DA_TIEP_NHAN"))
    rig.hears(sim.move(code, "YEU_CAU_BO_SUNG", "Thiếu giấy chứng sinh"))
    assert rig.row(code).state == "supplement_requested"
    rig.attaches(code, b"%PDF-1.4 another")
    rig.advance(code, "supplemented")
    rig.works()
    rig.works()
    there = sim.of(code)
    assert there["history"][-1]["state"] == "DA_BO_SUNG"
    assert there["files"] == [hashlib.sha256(paper).hexdigest() for paper in (PAPER, b"%PDF-1.4 another")]
    assert rig.states(code)[-1] == "supplemented"


def test_a_withdrawal_reaches_the_outside_system_even_when_the_dossier_had_not(rig: Rig, sim: Near) -> None:
    sim.faults(down=True)
    code = rig.submits()
    rig.works()
    rig.advance(code, "withdrawn")
    rig.works()
    sim.faults()
    rig.works()
    assert [step["state"] for step in sim.of(code)["history"]] == ["MOI_NOP", "DA_RUT"]
    assert rig.states(code) == ["submitted", "withdrawn"] and rig.outside.reconcile().differences == []


def test_a_withdrawal_that_comes_from_outside_is_not_sent_back(rig: Rig, sim: Near) -> None:
    code = rig.submits()
    rig.works()
    rig.hears(sim.move(code, "DA_RUT"))
    rig.works()
    assert [step["state"] for step in sim.of(code)["history"]] == ["MOI_NOP", "DA_RUT"]


def test_nonsense_for_an_answer_is_tried_again_and_harms_nothing(rig: Rig, sim: Near) -> None:
    sim.faults(garbage_next=1)
    code = rig.submits()
    rig.works()
    assert rig.outside.code_of(code) == ""
    rig.works()
    assert rig.outside.code_of(code) and len(sim.dossiers()) == 1
