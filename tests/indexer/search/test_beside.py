"""Imports are encoded by a process of its own; whatever becomes of it, they are found, and the next start is quick."""

import os
import time

import numpy as np
import pytest

from common.niceness import _NICE
from indexer.encoder import load_encoder
from indexer.search import SearchService, builder
from indexer.search import service as search_service
from indexer.search.beside import Beside
from indexer.search.types import Entry, EntryKind
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase
from tests.indexer.search.guides import GUIDES, guide

pytestmark = pytest.mark.built


@pytest.fixture(scope="module")
def encoder(built_home):
    return load_encoder(built_home / "models" / "encoder")


@pytest.fixture
def beside(built_home):
    beside = Beside(built_home / "models" / "encoder")
    yield beside
    beside.close()


@pytest.fixture
def kb(database):
    kb = KnowledgeBase(database)
    kb.publish_many(GUIDES, Origin.CURATED, author="test", reason="test")
    return kb


@pytest.fixture
def service(kb, encoder, beside, tmp_path):
    service = SearchService(kb, encoder, tmp_path / "index", beside=beside)
    service.ensure_built()
    yield service
    service.stop_following()


def imported(kb, what):
    kb.publish_gently(
        [guide(f"9.{number:06d}", f"Cấp phép nuôi {what} số {number}") for number in range(40)], Origin.IMPORTED,
        author="test", reason="bulk")


def until(done, within_s=60.0):
    limit = time.monotonic() + within_s
    while (value := done()) is None:
        assert time.monotonic() < limit
        time.sleep(0.05)
    return value


def taken_over(service, limit=600):
    """Rounds as the follower makes them; returns the procedures changed."""
    changed = 0
    for _ in range(limit):
        more, rest = service._following.round()
        changed += more
        if not rest:
            return changed
        time.sleep(rest)
    raise AssertionError("an import was never taken over")


def test_it_makes_what_this_process_would_behind_all_others(beside, encoder):
    given = [Entry("1", EntryKind.NAME, "Đăng ký khai sinh"), Entry("1", EntryKind.QUESTION, "lam giay khai sinh")]
    beside.begin(given)
    made = until(beside.made)
    own = builder.derive(given)
    assert [entry.searched for entry in made.entries] == [entry.searched for entry in own]
    assert np.allclose(made.vectors, builder.encode_entries(own, encoder, {}), atol=1e-4)
    process = beside._process
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + _NICE
    beside.close()
    assert process.poll() is not None


def test_an_import_is_taken_over_though_its_process_is_killed(service, kb, beside):
    imported(kb, "hươu sao")
    assert service._following.round()[0] == 0 and beside._process is not None
    beside._process.kill()
    assert taken_over(service) == 40 and service.search("nuôi hươu sao").hits[0].name.startswith("Cấp phép nuôi hươu")
    kb.publish(guide("1.000008", "Cấp phép nuôi ong mật"), Origin.CURATED, author="test", reason="new")
    imported(kb, "lợn")
    assert taken_over(service) == 41 and "nuôi lợn" in service.search("9.000007").hits[0].name


def test_what_was_given_up_is_not_taken_for_the_next(service, kb, beside):
    imported(kb, "hươu sao")
    service._following.round()
    assert service.refresh() == 40  # somebody needs it now: the answer on its way is nobody's
    imported(kb, "lợn")
    assert taken_over(service) == 40
    assert "nuôi lợn" in service.search("9.000007").hits[0].name
    assert service.search("cấp phép nuôi lợn số 7").hits[0].code == "9.000007"


def test_the_next_start_encodes_nothing_of_an_import(service, kb, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(search_service, "_MANY", 30)
    imported(kb, "hươu sao")
    kb.withdraw("9.000000", Origin.IMPORTED, author="test", reason="gone")
    service.start_following(every_s=0.05)
    until(lambda: True if service._following.unsaved == 0 and "9.000039" in service.snapshot.facts else None)
    service.stop_following()
    again = SearchService(kb, encoder, tmp_path / "index")
    assert again.ensure_built() == 0
    assert again.search("nuôi hươu sao số 7").hits[0].code == "9.000007" and "9.000000" not in again.snapshot.facts
