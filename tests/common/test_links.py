"""Links open what they were made for, until they expire, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import NotFound
from common.keyring import Keyring
from common.links import Links

LINKS = Links(Keyring(b"k" * 32), "gone")


@given(st.text(max_size=60))
def test_a_link_gives_its_subject_back(subject: str) -> None:
    assert LINKS.open("draft", LINKS.make("draft", subject, timedelta(hours=1))) == subject


def test_a_link_of_another_kind_or_key_opens_nothing() -> None:
    token = LINKS.make("draft", "d1", timedelta(hours=1))
    for links, kind in ((LINKS, "dossier"), (Links(Keyring(b"x" * 32), "gone"), "draft")):
        with pytest.raises(NotFound, match="gone"):
            links.open(kind, token)


def test_a_link_ends() -> None:
    now = [1000.0]
    links = Links(Keyring(b"k" * 32), "gone", lambda: now[0])
    token = links.make("draft", "d1", timedelta(minutes=5))
    now[0] += 301
    with pytest.raises(NotFound):
        links.open("draft", token)


@given(st.text(max_size=200))
def test_nonsense_is_a_link_that_is_gone(token: str) -> None:
    with pytest.raises(NotFound):
        LINKS.open("draft", token)
