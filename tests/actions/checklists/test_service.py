"""Checklists in a real database: made, ticked, come back to, erased; what changed since is said."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from actions.checklists import ChecklistService, decide, load_texts
from actions.checklists.service import item_key
from actions.checklists.sheet import sheet
from common.database import Database
from common.errors import InvalidInput, NotFound
from common.keyring import Keyring
from common.links import Links
from knowledge_base.model import Origin, Published
from knowledge_base.store import KnowledgeBase
from tests.actions.guide import guide
from tests.postgres import sqlite_only

Make = Callable[..., Published]


def test_what_was_answered_and_ticked_survives_a_restart(
    service: ChecklistService, published: Make, database: Database
) -> None:
    birth = published()
    made = service.create("c1", birth, ["cha_me_da_ket_hon", "uy_quyen"], ["mang_thai_ho"])
    first, second = [item_key(line.item) for line in decide(birth.guide, made.answers).documents[:2]]
    service.tick(made.id, birth, first, True)
    service.tick(made.id, birth, second, True)
    service.tick(made.id, birth, first, False)
    database.dispose()

    keyring = Keyring(b"k" * 32)
    again = ChecklistService(Database(database.url), keyring, Links(keyring, "gone"), "http://x", load_texts())
    [kept] = again.of("c1")
    assert kept.ticked == {second} and kept.id == made.id
    assert kept.answers["uy_quyen"] == "yes" and kept.answers["mang_thai_ho"] == "unsure"
    shown = sheet(again.texts, kept, birth)
    assert [item.ticked for item in shown.items[:2]] == [False, True]
    assert any(item.condition == "Mang thai hộ" for item in shown.items)


def test_another_conversation_sees_nothing_and_a_link_opens_only_its_list(
    service: ChecklistService, published: Make
) -> None:
    made = service.create("c1", published(), ["cha_me_da_ket_hon"], [])
    assert service.of("c2") == []
    with pytest.raises(NotFound):
        service.get(made.id, "c2")
    token = service.address(made.id).rpartition("/")[2]
    assert service.by_token(token).id == made.id
    for wrong in ("", "x", token[:-3], token[::-1]):
        with pytest.raises(NotFound):
            service.by_token(wrong)


@sqlite_only
def test_which_case_is_nowhere_in_clear_text(service: ChecklistService, published: Make, database: Database) -> None:
    service.create("c1", published("2.000829"), ["nhiem_hiv"], [])
    file = sqlite3.connect(database.url.removeprefix("sqlite:///"))
    assert b"nhiem_hiv" not in b"".join(bytes(row[0]) for row in file.execute("select sealed from checklists"))
    assert "nhiem_hiv" not in "".join(file.iterdump())


def test_a_changed_guide_is_said_until_it_was_seen(service: ChecklistService, database: Database) -> None:
    kb = KnowledgeBase(database)
    first = kb.publish(guide(), Origin.CURATED, author="t", reason="t")
    made = service.create("c1", first, ["tre_em"], [])
    assert service.changed_on(made, first) is None
    second = kb.publish(guide(summary="Khác."), Origin.CURATED, author="t", reason="t")
    assert service.changed_on(made, second) is not None
    assert sheet(service.texts, made, second, service.changed_on(made, second)).changed
    assert service.changed_on(service.seen(made.id, second), second) is None


def test_a_case_added_to_the_guide_is_asked_for_and_its_papers_stand_under_a_condition(
    service: ChecklistService, published: Make
) -> None:
    before = published()
    made = service.create("c1", before, ["cha_me_da_ket_hon"], [])
    data = before.guide.model_dump()
    data["cases"].append({"id": "sinh_doi", "label": "Sinh đôi", "when": "Sinh từ hai con."})
    data["asks"][1]["cases"].append("sinh_doi")
    data["documents"].append({"name": "Tờ khai thứ hai", "kind": "form", "when": "sinh_doi"})
    after = published(cases=data["cases"], asks=data["asks"], documents=data["documents"], version=2)
    shown = sheet(service.texts, made, after)
    assert not shown.complete
    assert [item.name for item in shown.items if item.condition == "Sinh đôi"] == ["Tờ khai thứ hai"]


def test_impossible_answers_are_refused_in_words(service: ChecklistService, published: Make) -> None:
    for cases in (["khong_co"], ["cha_me_da_ket_hon", "bo_roi"], []):
        with pytest.raises(InvalidInput) as refused:
            service.create("c1", published(), cases, [])
        assert refused.value.detail.endswith(".")
    assert service.of("c1") == []


def test_ticks_of_two_devices_at_once_are_both_kept(service: ChecklistService, published: Make) -> None:
    birth = published()
    made = service.create("c1", birth, ["cha_me_da_ket_hon", "uy_quyen"], [])
    keys = [item_key(line.item) for line in decide(birth.guide, made.answers).documents]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: service.tick(made.id, birth, key, True), keys))
    assert service.get(made.id).ticked == set(keys)


def test_a_form_sets_exactly_what_it_shows(service: ChecklistService, published: Make) -> None:
    birth = published()
    made = service.create("c1", birth, ["cha_me_da_ket_hon", "uy_quyen"], [])
    keys = [item_key(line.item) for line in decide(birth.guide, made.answers).documents]
    service.tick_all(made.id, birth, keys)
    other = service.create("c1", birth, ["cha_me_da_ket_hon"], [])
    assert other.id == made.id
    fewer = {item_key(line.item) for line in decide(birth.guide, other.answers).documents}
    service.tick_all(made.id, birth, ["no such paper"])
    # What the present answers hide keeps its tick for the day it is needed again.
    assert service.get(made.id).ticked == set(keys) - fewer
    with pytest.raises(NotFound):
        service.tick(made.id, birth, "no such paper", True)


def test_two_requests_make_one_list(service: ChecklistService, published: Make) -> None:
    birth = published()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: service.begin("c1", birth), range(8)))
    assert len({found.id for found in made}) == 1


def test_erasing_the_conversation_erases_its_lists(service: ChecklistService, published: Make) -> None:
    made = service.create("c1", published(), ["cha_me_da_ket_hon"], [])
    kept = service.create("c2", published(), ["bo_roi"], [])
    service.erase("c1")
    assert [found.id for found in service.of("c2")] == [kept.id]
    with pytest.raises(NotFound):
        service.get(made.id)
