"""A reply weighed among a few offers, with the real encoder."""

import pytest

from indexer.encoder import load_encoder
from indexer.search import SearchService
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase
from tests.indexer.search.guides import guide

pytestmark = pytest.mark.built

FIRST, CHANGED, LOST = "1.000011", "1.000012", "1.000013"
OFFERS = [
    guide(FIRST, "Cấp giấy phép lái xe", "thi bằng lái lần đầu"),
    guide(CHANGED, "Đổi giấy phép lái xe", "bằng lái hết hạn thì đổi thế nào"),
    guide(LOST, "Cấp lại giấy phép lái xe", "làm rơi mất bằng lái xin cấp lại"),
    guide("1.000014", "Trình báo mất hộ chiếu phổ thông", "rơi mất hộ chiếu"),
]


@pytest.fixture(scope="module")
def encoder(built_home):
    return load_encoder(built_home / "models" / "encoder")


@pytest.fixture
def service(database, encoder, tmp_path):
    kb = KnowledgeBase(database)
    for item in OFFERS:
        kb.publish(item, Origin.CURATED, author="test", reason="test")
    service = SearchService(kb, encoder, tmp_path / "index")
    service.ensure_built()
    return service


@pytest.mark.parametrize(
    ("reply", "code"), [("em bị rơi mất", LOST), ("het han roi", CHANGED), ("mình thi lần đầu", FIRST)]
)
def test_a_reply_in_words_lifts_one_offer(service, reply, code):
    found = service.among(reply, [FIRST, CHANGED, LOST], "bằng lái xe máy")
    assert found[0].code == code
    assert found[0].gain > 0
    assert sum(item.share for item in found) == pytest.approx(1, abs=1e-4)


def test_only_the_offers_stand(service):
    found = service.among("rơi mất hộ chiếu", [CHANGED, LOST], "")
    assert {item.code for item in found} == {CHANGED, LOST}


def test_a_single_offer_has_nothing_to_be_ahead_of(service):
    (only,) = service.among("rơi mất", [LOST], "bằng lái")
    assert (only.share, only.gain) == (pytest.approx(1), 0)


def test_nothing_to_weigh(service):
    assert service.among("...", [LOST, CHANGED], "bằng lái") == []
    assert service.among("rơi mất", ["9.999999"], "bằng lái") == []
