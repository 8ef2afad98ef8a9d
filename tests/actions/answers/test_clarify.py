"""Asking back between records of one matter, over the whole shipped catalogue."""

import pytest

from actions.answers.clarify import Clarifier
from actions.messages import Messages
from common.database import Database
from knowledge_base.store import KnowledgeBase
from knowledge_base.twins import twins
from tests.template import copy_database

COMPLAINT_COMMUNE, COMPLAINT_PROVINCE = "1.004335", "1.003504"
BIRTH, MARRIAGE = "1.001193", "1.000894"


@pytest.fixture(scope="module")
def clarifier(tmp_path_factory: pytest.TempPathFactory) -> Clarifier:
    file = tmp_path_factory.mktemp("clarify") / "isee.db"
    copy_database(file, shipped=True)
    return Clarifier(Messages.load(), KnowledgeBase(Database(f"sqlite:///{file}")))


def test_records_of_one_matter_are_parted_by_their_fact(clarifier: Clarifier) -> None:
    reply, codes = clarifier.ask([COMPLAINT_PROVINCE, COMPLAINT_COMMUNE])
    assert codes == [COMPLAINT_COMMUNE, COMPLAINT_PROVINCE], "the usual one first"
    assert "cấp xã hay cấp tỉnh" in reply.text
    assert [button.title for button in reply.buttons][:2] == ["Cấp xã", "Cấp tỉnh"]


def test_records_that_no_question_parts_are_offered_once(clarifier: Clarifier) -> None:
    group = next(group for group in twins().groups if not group.asks)
    reply, codes = clarifier.ask([*group.codes, BIRTH])
    assert codes == [group.codes[0], BIRTH]
    assert len(reply.buttons) == 3


def test_different_matters_are_offered_by_name(clarifier: Clarifier) -> None:
    reply, codes = clarifier.ask([BIRTH, MARRIAGE, COMPLAINT_COMMUNE])
    assert codes == [BIRTH, MARRIAGE, COMPLAINT_COMMUNE]
    assert "khai sinh" in reply.text


@pytest.mark.parametrize("group", [group for group in twins().groups if group.asks], ids=lambda group: group.preferred)
def test_every_curated_question_can_be_asked(clarifier: Clarifier, group) -> None:
    codes = [code for code in group.codes if code in group.asks.labels][:4]
    reply, offered = clarifier.ask(codes)
    assert set(offered) == set(codes)
    assert group.asks.question in reply.text


def test_a_first_permit_is_no_exchange_of_an_old_one(clarifier: Clarifier) -> None:
    reply, codes = clarifier.ask(["1.013228", "1.013225"])
    assert codes == ["1.013225", "1.013228"], "“đối với” in the name is not “đổi”"
    assert [button.title for button in reply.buttons][:2] == ["Làm lần đầu", "Làm lại (bị mất, bị hỏng)"]
