from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from common.clock import local_date
from common.database import Database
from common.errors import InvalidInput, NotFound
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase
from tests.knowledge_base.conftest import GuideMaker

WHO = {"author": "lan", "reason": "thử"}


def test_versions_name_a_text_word_for_word(kb: KnowledgeBase, make_guide: GuideMaker) -> None:
    code = "1.001193"
    first = kb.publish(make_guide(code, summary="Một."), Origin.CURATED, **WHO)
    assert kb.publish(make_guide(code, summary="Một."), Origin.CURATED, **WHO) == first
    imported = kb.publish(make_guide(code, summary="Hai."), Origin.IMPORTED, **WHO)
    third = kb.publish(make_guide(code, summary="Ba."), Origin.CURATED, **WHO)
    assert [first.version, imported.version, third.version] == [1, 2, 3]
    old = kb.at_version(code, 1)
    assert old == first
    assert kb.at_version(code, 2, Origin.CURATED) is None
    assert kb.at_version(code, 9) is None
    assert [(item.version, item.origin, item.author) for item in kb.history(code)] == [
        (3, Origin.CURATED, "lan"), (2, Origin.IMPORTED, "lan"), (1, Origin.CURATED, "lan"),
    ]


def test_precedence_and_withdrawal(kb: KnowledgeBase, make_guide: GuideMaker) -> None:
    code = "1.001193"
    for origin in (Origin.CATALOGUE, Origin.IMPORTED, Origin.CURATED):
        kb.publish(make_guide(code, summary=str(origin)), origin, **WHO)
    for origin in (Origin.CURATED, Origin.IMPORTED, Origin.CATALOGUE):
        found = kb.get(code)
        assert found is not None
        assert found.origin is origin
        kb.withdraw(code, origin, **WHO)
    assert kb.get(code) is None
    assert list(kb.all()) == []
    with pytest.raises(NotFound):
        kb.withdraw(code, Origin.CURATED, **WHO)
    again = kb.publish(make_guide(code, summary="curated"), Origin.CURATED, **WHO)
    assert again.version == 4


def test_only_guides_in_force_count(kb: KnowledgeBase, make_guide: GuideMaker) -> None:
    day = timedelta(days=1)
    today = local_date()
    kb.publish(make_guide("1.000001", summary="nền"), Origin.CATALOGUE, **WHO)
    kb.publish(make_guide("1.000001", effective_to=today - day), Origin.CURATED, **WHO)
    kb.publish(make_guide("1.000002", effective_from=today + day), Origin.CURATED, **WHO)
    kb.publish(make_guide("1.000003", effective_from=today, effective_to=today), Origin.CURATED, **WHO)
    found = kb.get("1.000001")
    assert found is not None
    assert found.origin is Origin.CATALOGUE
    assert kb.get("1.000002") is None
    assert kb.get("1.000003") is not None
    assert kb.published("1.000002", Origin.CURATED) is not None


def test_another_replica_follows_the_log(database: Database, make_guide: GuideMaker) -> None:
    writer, reader = KnowledgeBase(database), KnowledgeBase(database)
    assert (reader.revision(), list(reader.all())) == (0, [])
    writer.publish(make_guide("1.000001"), Origin.CURATED, **WHO)
    seen = reader.revision()
    assert [item.code for item in reader.all()] == ["1.000001"]
    writer.publish(make_guide("1.000002"), Origin.CURATED, **WHO)
    writer.withdraw("1.000001", Origin.CURATED, **WHO)
    assert [(change.code, change.op) for change in reader.changes_since(seen)] == [
        ("1.000002", "publish"), ("1.000001", "withdraw"),
    ]
    assert reader.revision() == writer.revision() == seen + 2
    assert reader.get("1.000001") is None
    assert reader.get("1.000002") is not None


def test_parallel_publishers_and_readers_agree(database: Database, make_guide: GuideMaker) -> None:
    kb = KnowledgeBase(database)

    def work(number: int) -> int:
        published = kb.publish(make_guide("1.000001", summary=f"Bản {number}"), Origin.CURATED, **WHO)
        kb.all()
        return published.version

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(24)))
    assert [item.version for item in kb.history("1.000001")] == list(range(24, 0, -1))
    latest = kb.get("1.000001")
    assert latest is not None
    assert latest.version == 24
    assert len({change.revision for change in kb.changes_since(0)}) == 24


def test_publishing_many_is_all_or_nothing(kb: KnowledgeBase, database: Database, make_guide: GuideMaker) -> None:
    @event.listens_for(database.engine, "before_cursor_execute")
    def stop(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO publication_log"):
            raise RuntimeError("no")

    with pytest.raises(Exception, match=r"no|công bố"):
        kb.publish_many([make_guide("1.000001"), make_guide("1.000002")], Origin.CURATED, **WHO)
    assert (kb.revision(), kb.at_version("1.000001", 1)) == (0, None)


def test_find_reads_both_ways_of_typing(kb: KnowledgeBase, make_guide: GuideMaker) -> None:
    kb.publish_many(
        [
            make_guide("1.000001", name="Đăng ký khai sinh", short_names=["giấy khai sinh"]),
            make_guide("1.000002", name="Đăng ký lại khai sinh", levels=["province"]),
            make_guide("1.000003", name="Cấp giấy phép xây dựng", field="Hoạt động xây dựng"),
        ],
        Origin.CURATED,
        **WHO,
    )

    def codes(*args: object, **options: object) -> list[str]:
        return [item.code for item in kb.find(*args, **options).items]  # type: ignore[arg-type]

    assert codes("khai sinh") == codes("KHAI  SINH") == ["1.000001", "1.000002"]
    assert codes("dang ky khai") == ["1.000001", "1.000002"]
    assert codes("giay khai sinh") == ["1.000001"]
    assert codes("000003") == ["1.000003"]
    assert codes("không có gì") == []
    assert codes(field="hoạt động xây dựng") == ["1.000003"]
    assert codes(level="province") == ["1.000002"]
    page = kb.find(page=2, size=2)
    assert (page.total, [item.code for item in page.items]) == (3, ["1.000003"])
    assert kb.fields() == [("Hộ tịch", 2), ("Hoạt động xây dựng", 1)]
    with pytest.raises(InvalidInput, match="level"):
        kb.find(level="district")
    with pytest.raises(InvalidInput, match="page"):
        kb.find(page=0)


def test_stats_count_what_answers(kb: KnowledgeBase, make_guide: GuideMaker) -> None:
    kb.publish(make_guide("1.000001"), Origin.CATALOGUE, **WHO)
    kb.publish(make_guide("1.000001"), Origin.CURATED, **WHO)
    stats = kb.stats()
    assert (stats["procedures"], stats["versions"], stats["revision"]) == (1, 2, 2)
    assert stats["answered_from"] == {"curated": 1, "imported": 0, "catalogue": 0}
    assert stats["published"] == {"curated": 1, "imported": 0, "catalogue": 1}


def test_a_new_process_reads_the_same(database: Database, make_guide: GuideMaker, tmp_path: Path) -> None:
    published = KnowledgeBase(database).publish(make_guide(), Origin.CURATED, **WHO)
    other = Database(database.url)
    assert KnowledgeBase(other).get(published.code) == published
    other.dispose()


def test_an_import_goes_in_small_steps_and_can_be_repeated(kb: KnowledgeBase, make_guide: GuideMaker) -> None:
    guides = [make_guide(f"9.{number:06d}") for number in range(45)]
    kb.all()  # what counts is known, so that it is moved on and not made anew
    first = kb.publish_gently(guides, Origin.IMPORTED, **WHO)
    assert (len(first.changed), first.unchanged) == (45, [])
    assert [item.code for item in kb.all()] == sorted(item.code for item in kb.all())
    again = kb.publish_gently([*guides, make_guide("9.000099")], Origin.IMPORTED, **WHO)
    assert (again.changed, len(again.unchanged)) == (["9.000099"], 45)
    kb.publish(guides[0].model_copy(update={"name": "Bản biên soạn"}), Origin.CURATED, **WHO)
    assert kb.get("9.000000").origin is Origin.CURATED
    kb.withdraw("9.000000", Origin.CURATED, **WHO)
    assert kb.get("9.000000").origin is Origin.IMPORTED
    kb.withdraw("9.000000", Origin.IMPORTED, **WHO)
    assert kb.get("9.000000") is None and len(kb.all()) == 45
