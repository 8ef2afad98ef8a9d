"""The search service over a real database and the real encoder."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import NotReady
from indexer.encoder import load_encoder
from indexer.search import SearchService
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase
from tests.indexer.search.guides import GUIDES, guide

pytestmark = pytest.mark.built


@pytest.fixture(scope="module")
def encoder(built_home):
    return load_encoder(built_home / "models" / "encoder")


@pytest.fixture
def kb(database):
    kb = KnowledgeBase(database)
    for item in GUIDES:
        kb.publish(item, Origin.CURATED, author="test", reason="test")
    return kb


@pytest.fixture
def service(kb, encoder, tmp_path):
    service = SearchService(kb, encoder, tmp_path / "index")
    service.ensure_built()
    return service


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("làm giấy khai sinh cho cháu", "1.000001"),
        ("dang ky ket hon", "1.000002"),
        ("em ở trọ cần khai tạm trú", "1.000003"),
        ("xin phep xay nha", "1.000004"),
        ("mất hộ chiếu thì báo ai", "1.000005"),
        ("1.000004", "1.000004"),
    ],
)
def test_finds_the_procedure(service, question, code):
    assert service.search(question).hits[0].code == code


def test_hits_are_ordered_and_limited(service):
    hits = service.search("giấy tờ", k=3).hits
    assert len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_second_build_encodes_nothing(service, kb, encoder, tmp_path):
    again = SearchService(kb, encoder, tmp_path / "index")
    assert again.ensure_built() == 0
    assert again.search("kết hôn").hits[0].code == "1.000002"


def test_only_the_changed_guide_is_encoded(service, kb, encoder, tmp_path):
    kb.publish(guide("1.000009", "Đăng ký khai tử"), Origin.CURATED, author="test", reason="new")
    assert SearchService(kb, encoder, tmp_path / "index").ensure_built() == 1


def test_a_damaged_index_is_rebuilt_from_the_knowledge_base(service, kb, encoder, tmp_path):
    folder = tmp_path / "index"
    (folder / (folder / "CURRENT").read_text() / "vectors.faiss").write_bytes(b"")
    again = SearchService(kb, encoder, folder)
    assert again.ensure_built() > 0
    assert again.search("kết hôn").hits[0].code == "1.000002"


def test_publishing_replacing_and_withdrawing_are_followed(service, kb):
    service.start_following(every_s=0.05)
    try:
        kb.publish(guide("1.000007", "Cấp phép nuôi hươu sao"), Origin.CURATED, author="test", reason="new")
        assert eventually(lambda: service.search("nuôi hươu sao").hits[0].code == "1.000007")
        renamed = guide("1.000007", "Cấp phép nuôi ong mật")
        kb.publish(renamed, Origin.CURATED, author="test", reason="changed")
        assert eventually(lambda: service.search("nuôi ong mật").hits[0].name == renamed.name)
        kb.withdraw("1.000007", Origin.CURATED, author="test", reason="gone")
        assert eventually(lambda: all(hit.code != "1.000007" for hit in service.search("nuôi ong mật").hits))
    finally:
        service.stop_following()


def test_searching_before_the_first_build_says_so(kb, encoder, tmp_path):
    with pytest.raises(NotReady, match="đang được chuẩn bị"):
        SearchService(kb, encoder, tmp_path / "other").search("khai sinh")


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "?!...", "\x00\x01"])
def test_what_holds_no_word_is_abstained(service, text):
    result = service.search(text)
    assert result.decision == "abstain"
    assert result.hits == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
def test_any_text_is_searched_without_an_error(service, text):
    result = service.search(text)
    assert 0.0 <= result.confidence <= 1.0
    assert result.decision in {"answer", "clarify", "abstain"}


def eventually(holds, within_s: float = 10.0) -> bool:
    limit = time.monotonic() + within_s
    while time.monotonic() < limit:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_an_edit_overtakes_an_import(service, kb):
    kb.publish_gently(
        [guide(f"9.{number:06d}", f"Cấp phép nuôi hươu sao số {number}") for number in range(40)], Origin.IMPORTED,
        author="test", reason="bulk")
    following = service._following
    assert following.round()[1] > 0, "an import is taken over in steps, with rests"
    kb.publish(guide("1.000008", "Cấp phép nuôi ong mật"), Origin.CURATED, author="test", reason="new")
    assert following.round()[0] == 1 and service.search("nuôi ong mật").hits[0].code == "1.000008"
    assert "9.000039" not in service.snapshot.facts
    assert service.refresh() == 40 and not service.snapshot.lexical_is_stale
    assert service.search("9.000039").hits[0].code == "9.000039" and following.round() == (0, 0.0)
    kb.publish_gently(
        [guide(f"9.{number:06d}", f"Cấp phép nuôi lợn số {number}") for number in range(40)], Origin.IMPORTED,
        author="test", reason="bulk")
    rounds = [following.round() for _ in range(12)]
    assert sum(changed for changed, _ in rounds) == 40 and rounds[-1] == (0, 0.0)
    assert "nuôi lợn" in service.search("9.000007").hits[0].name
