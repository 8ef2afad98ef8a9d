"""What leaves the house: CSV that Excel opens, a package of open data, and nobody behind a number."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.reports.asking import Known, Names
from bot.reports.export import OPEN_TABLES, open_data, open_rows, to_csv
from bot.reports.hiding import LEAST, hidden
from bot.reports.period import Scope
from bot.reports.sheets import Column, Figure
from bot.reports.tables import ReportCountRow
from common.database import Database
from tests.bot.reports.small import BIRTH, FIRST, NOW, SECOND, keep, reports_over

NAMES = Names({BIRTH: Known("Đăng ký khai sinh", "Hộ tịch", True)}, {FIRST: "Một", SECOND: "Hai"}, {})
SCOPE = Scope(date(2026, 11, 1), date(2026, 11, 22))


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_csv_opens_in_vietnamese_excel(database: Database, tmp_path: Path) -> None:
    reports = reports_over(database, tmp_path)
    figure = Figure(
        "satisfaction_by_procedure", "x",
        (Column("procedure"), Column("words", "count", groups=True), Column("share", "percent"),
         Column("question", private=True), Column("day", "date")),
        [{"procedure": "=cmd|'/c calc'!A1", "words": 1234, "share": 0.8125, "question": "nhà tôi ở…",
          "day": date(2026, 11, 24)},
         {"procedure": "Khai tử; trích lục", "words": 4, "share": 0.5, "question": "", "day": None}])
    content = to_csv(figure, reports.texts)
    assert content.startswith(b"\xef\xbb\xbf") and b"\r\n" in content
    assert table(content) == [
        ["Thủ tục", "Đánh giá câu trả lời", "Tỷ lệ", "Ngày chạy", "Ghi chú"],
        ["'=cmd|'/c calc'!A1", "1234", "0,8125", "24/11/2026", ""],
        ["Khai tử; trích lục", "", "", "", "Ẩn số của nhóm dưới 5"]]


COLUMNS = (Column("name"), Column("all", "count", groups=True), Column("a", "count", part=True),
           Column("b", "count", part=True), Column("share", "percent"))


@given(st.integers(0, 30), st.integers(0, 30))
def test_no_small_group_can_be_read_from_a_row(one: int, other: int) -> None:
    row = {"name": "x", "all": one + other, "a": one, "b": other, "share": one / (one + other) if one + other else None}
    gone = hidden(COLUMNS, row)
    shown = {key: value for key, value in row.items() if key not in gone and isinstance(value, int)}
    assert not [value for value in shown.values() if 0 < value < LEAST]
    small = [key for key in ("a", "b") if 0 < row[key] < LEAST]  # type: ignore[operator]
    for key in small:  # neither by taking the rest from the total nor by the share
        rest = "b" if key == "a" else "a"
        assert not ({"all", rest} <= shown.keys()) and "share" in gone and key in gone


typed = st.sampled_from(["answered", "in_time", "yes", "tôi là Nguyễn Văn A, 0912345678", "022190001234"])
cells = st.lists(st.tuples(
    st.sampled_from(["turn", "topic", "dossier", "appointment", "ended", "helpful"]), st.integers(1, 22), typed,
    st.sampled_from(["web", "zalo", "a@b.vn"]), st.sampled_from([FIRST, SECOND, "nhà số 5"]),
    st.sampled_from([BIRTH, "9.999999", "c0ffee"]), st.integers(1, 12)), max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=cells)
def test_open_data_holds_no_small_group_no_words_and_no_ids(database: Database, cells: list[Any]) -> None:
    counts: dict[tuple[Any, ...], int] = {}
    for *cell, count in cells:
        counts[tuple(cell)] = counts.get(tuple(cell), 0) + count
    with database.session() as session:
        session.execute(delete(ReportCountRow))
        session.add_all(
            ReportCountRow(measure=measure, day=date(2026, 11, day), label=label, channel=channel, centre=centre,
                           procedure=procedure, count=count)
            for (measure, day, label, channel, centre, procedure), count in counts.items())
    known = {"web", "zalo", FIRST, SECOND, BIRTH, "answered", "in_time", "yes"}
    with database.session(write=False) as session:
        for one in OPEN_TABLES:
            truth = sum(count for cell, count in counts.items() if cell[0] == one.measure)
            rows = open_rows(session, one, SCOPE, NAMES)
            assert len({row[:-1] for row in rows}) == len(rows)
            for day, *words, count in rows:
                assert date.fromisoformat(day) and set(words) <= known
                assert int(count) >= LEAST and int(count) % LEAST == 0
            assert sum(int(row[-1]) for row in rows) <= truth


def test_the_package_describes_itself(database: Database, tmp_path: Path) -> None:
    keep(database, [
        ReportCountRow(measure="dossier", day=date(2026, 11, 2), centre=FIRST, procedure=BIRTH, count=17),
        ReportCountRow(measure="dossier", day=date(2026, 11, 3), centre=FIRST, channel="web", count=5),
        ReportCountRow(measure="dossier", day=date(2026, 11, 9), centre=FIRST, count=4)])
    reports = reports_over(database, tmp_path)
    with database.session(write=False) as session, zipfile.ZipFile(io.BytesIO(open_data(
            session, SCOPE, NAMES, reports.texts, "CC-BY-4.0", NOW))) as archive:
        package = json.loads(archive.read("datapackage.json"))
        assert package["profile"] == "tabular-data-package" and package["licenses"] == [{"name": "CC-BY-4.0"}]
        for resource in package["resources"]:
            rows = list(csv.reader(io.StringIO(archive.read(resource["path"]).decode())))
            assert rows[0] == [one["name"] for one in resource["schema"]["fields"]]
            assert {one["type"] for one in resource["schema"]["fields"]} <= {"date", "string", "integer"}
            assert all(one["description"] for one in resource["schema"]["fields"])
            assert set(resource["schema"]["primaryKey"]) <= set(rows[0])
        assert archive.read("ho-so-theo-tuan.csv").decode() == f"week,centre,count\r\n2026-11-02,{FIRST},20\r\n"
    assert "licenses" not in json.loads(zipfile.ZipFile(io.BytesIO(reports.open_data(SCOPE))).read("datapackage.json"))
