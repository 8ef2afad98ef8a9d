"""Each figure against small data written by hand, counted as the service counts."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select

from actions.handoff.tickets import HandoffTicket
from bot.desk.tables import DeskCaseRow, SatisfactionRow
from bot.gateway.tables import ConversationRow, FeedbackRow, MessageRow
from bot.inbox.tables import InboxClusterRow
from bot.reports.figures.topics import changed_topics
from bot.reports.tables import ReportCountRow, ReportDayRow
from common.database import Database
from knowledge_base.golden.tables import GoldenRunRow
from tests.bot.reports.small import (
    BIRTH,
    DEATH,
    FIRST,
    LAND,
    NOW,
    SECOND,
    appointment,
    at,
    dossier,
    keep,
    reports_over,
    rows_of,
    talk,
)

WEEK = {"since": "2026-11-16", "until": "2026-11-22"}


def test_conversations_turns_and_topics(database: Database, tmp_path: Path) -> None:
    keep(
        database,
        talk("a", "2026-11-16", [("answered", BIRTH), ("answered", BIRTH), ("clarified", "")], last_procedure=BIRTH),
        talk("b", "2026-11-16", [("answered", DEATH), ("handed_off", "")], owner="waiting", last_procedure=DEATH),
        # 23:30 in Vietnam is still the 17th; in UTC it is too, but 00:30 on the 18th is the 17th in UTC.
        talk("c", "2026-11-17", [("abstained", "")], clock="23:30", channel="zalo"),
        talk("d", "2026-11-18", [("answered", LAND)], clock="00:30", last_procedure=LAND),
        talk("e", "2026-11-18"),
        talk("f", "2026-11-10", [("answered", BIRTH)]),
    )
    reports = reports_over(database, tmp_path)
    reports.rollup.run()

    volumes = {row["step"].isoformat(): row for row in rows_of(reports, "volumes", **WEEK)}
    assert {day: (row["talk"], row["turn"]) for day, row in volumes.items() if row["talk"]} == {
        "2026-11-16": (2, 5), "2026-11-17": (1, 1), "2026-11-18": (2, 1)}
    assert len(volumes) == 7, "a day without anything is a zero"

    shares = {row["step"].isoformat(): row["share"] for row in rows_of(reports, "containment", **WEEK)}
    assert shares["2026-11-16"] == 0.5 and shares["2026-11-17"] == 1.0
    assert shares["2026-11-18"] == 1.0, "a conversation in which nothing was asked doesn't count"
    assert shares["2026-11-19"] is None

    monday = rows_of(reports, "statuses", **WEEK)[0]
    assert (monday["status.answered"], monday["status.clarified"], monday["status.handed_off"], monday["turn"]) == (
        3, 1, 1, 5)

    topics = {row["code"]: (row["talks_on"], row["share"]) for row in rows_of(reports, "topics", **WEEK)}
    assert topics == {BIRTH: (1, 1 / 3), DEATH: (1, 1 / 3), LAND: (1, 1 / 3)}, "asked twice in one talk counts once"
    assert [row["code"] for row in rows_of(reports, "topics", **WEEK, field="Đất đai")] == [LAND]
    assert [row["talk"] for row in rows_of(reports, "volumes", **WEEK, channel="zalo")][1] == 1

    summary = {row["what"]: (row["value"], row["before"]) for row in rows_of(reports, "summary", **WEEK)}
    assert summary["Cuộc trò chuyện"] == (5, 1) and summary["Lượt hỏi"] == (7, 1)
    unused = [row["code"] for row in rows_of(reports, "unused", **WEEK, field="Hộ tịch")]
    assert unused == []
    assert [row["code"] for row in rows_of(reports, "unused", since="2026-11-17", until="2026-11-22")] == [BIRTH, DEATH]


def test_requests_waits_and_satisfaction(database: Database, tmp_path: Path) -> None:
    day = "2026-11-16"
    keep(
        database,
        *(talk(name, day, [("answered", BIRTH)], last_procedure=BIRTH) for name in "abc"),
        # One case of the desk with its ticket, one ticket from before the desk, one that nobody answered.
        HandoffTicket(number="1", conversation_id="a", reason="asked", need="", opened_at=at(day), status="closed"),
        DeskCaseRow(conversation_id="a", ticket="1", reason="asked", channel="web", procedure=BIRTH, order_at=at(day),
                    queued_at=at(day), waiting_since=at(day), first_reply_at=at(day, "09:04")),
        HandoffTicket(number="2", conversation_id="b", reason="complaint", need="", opened_at=at(day), status="taken"),
        MessageRow(conversation_id="b", id="1", author="agent", at=at(day, "09:40"), text="…", payload={}),
        HandoffTicket(number="3", conversation_id="c", reason="asked", need="", opened_at=at(day), status="open"),
        MessageRow(conversation_id="c", id="1", author="bot", at=at(day), text="…",
                   payload={"answer": {"procedure": {"code": DEATH, "name": ""}}}),
        FeedbackRow(conversation_id="c", message_id="1", helpful=False, at=at(day)),
        MessageRow(conversation_id="a", id="1", author="bot", at=at(day), text="…", payload={}),
        FeedbackRow(conversation_id="a", message_id="1", helpful=True, at=at(day)),
        SatisfactionRow(conversation_id="a", case_id=1, procedure=BIRTH, centre="", score=4, at=at(day)),
        dossier("x", [("submitted", day)], talk_id="a"),
    )
    reports = reports_over(database, tmp_path)
    reports.rollup.run()

    reasons = {row["reason"]: row["requests"] for row in rows_of(reports, "handoffs", **WEEK)}
    assert reasons == {"Người dân đề nghị gặp cán bộ": 2, "Phản ánh, khiếu nại": 1}
    waits = {row["wait"]: row["requests"] for row in rows_of(reports, "waits", **WEEK) if row["requests"]}
    assert waits == {"1 đến 5 phút": 1, "15 đến 60 phút": 1, "Chưa có cán bộ trả lời": 1}
    said = reports.figure("waits", reports.scope({"from": day, "to": "2026-11-22"})).said
    assert "33,3 %" in said and "22,0 phút" in said and "trả lời: 1 yêu cầu" in said

    by_procedure = {row["procedure"]: row for row in rows_of(reports, "satisfaction_by_procedure", **WEEK)}
    birth, death = by_procedure["Đăng ký khai sinh"], by_procedure["Đăng ký khai tử"]
    assert (birth["yes"], birth["share"], birth["score"]) == (1, 1.0, 4.0)
    assert (death["words"], death["share"], death["score"]) == (1, 0.0, None)
    [here] = [row for row in rows_of(reports, "satisfaction_by_centre", **WEEK) if row["scores"]]
    assert here["centre"] != FIRST and (here["words"], here["score"]) == (1, 4.0), "the place of its dossier"
    assert sum(row["share"] == 1.0 for row in rows_of(reports, "containment", **WEEK)) == 0, "all three met a person"


def test_dossiers_against_the_offices_calendar(database: Database, tmp_path: Path) -> None:
    keep(
        database,
        # Thursday to Tuesday is three working days; ended on its day.
        dossier("a", [("submitted", "2026-11-12"), ("received", "2026-11-12"), ("processing", "2026-11-13"),
                      ("approved", "2026-11-17"), ("result_ready", "2026-11-17")],
                due="2026-11-19", ended="2026-11-17"),
        # Two working days late.
        dossier("b", [("submitted", "2026-11-09"), ("received", "2026-11-10"), ("rejected", "2026-11-18")],
                due="2026-11-16", ended="2026-11-18", centre=SECOND),
        dossier("c", [("submitted", "2026-11-16"), ("withdrawn", "2026-11-17")], due="2026-11-20", ended="2026-11-17"),
        dossier("d", [("submitted", "2026-11-02"), ("received", "2026-11-03")], due="2026-11-13", officer="hoa"),
        dossier("e", [("submitted", "2026-11-19"), ("supplement_requested", "2026-11-20")], centre=SECOND),
        appointment("1", "2026-11-16"), appointment("2", "2026-11-16", "cancelled"),
    )
    reports = reports_over(database, tmp_path)
    reports.rollup.run()

    ended = {row["judged"]: row for row in rows_of(reports, "punctuality", **WEEK)}
    rows = sorted(rows_of(reports, "punctuality", **WEEK), key=lambda row: row["late"])
    assert [(row["in_time"], row["late"], row["withdrawn"], row["mean_late"]) for row in rows] == [
        (1, 0, 1, None), (0, 1, 0, 2.0)], ended

    steps = {row["code"]: row for row in rows_of(reports, "bottlenecks", **WEEK)}
    # a: Friday to Tuesday, of a promise of five working days; nobody else left "processing" in this week.
    assert (steps["processing"]["stays"], steps["processing"]["mean_days"], steps["processing"]["of_promise"]) == (
        1, 2.0, 0.4)
    # b: Tuesday to Wednesday a week later is six working days; a had left "received" the week before.
    assert (steps["received"]["stays"], steps["received"]["mean_days"]) == (1, 6.0)
    # In hand now (Sunday the 22nd): d since the 3rd (13 working days), e since Friday (none yet).
    assert (steps["received"]["open"], steps["received"]["mean_open"]) == (1, 13.0)
    assert (steps["supplement_requested"]["open"], steps["supplement_requested"]["mean_open"]) == (1, 0.0)

    assert len(rows_of(reports, "punctuality", **WEEK, channel="zalo")) == 2, "not counted by channel, and said"
    assert rows_of(reports, "workload", **WEEK, channel="zalo", field="Đất đai")
    load = {row["load.open"]: row for row in rows_of(reports, "workload", **WEEK)}
    assert sum(row["load.late"] for row in rows_of(reports, "workload", **WEEK)) == 1
    assert sum(row["load.citizen"] for row in rows_of(reports, "workload", **WEEK)) == 1, load
    assert rows_of(reports, "workload", since="2026-11-01", until="2026-11-10") == [], "no snapshot was taken then"

    volumes = rows_of(reports, "volumes", **WEEK)
    assert [(row["dossier"], row["appointment"]) for row in volumes][:4] == [(1, 2), (0, 0), (0, 0), (1, 0)]
    assert sum(row["dossier"] for row in rows_of(reports, "volumes", **WEEK, centre=SECOND)) == 1


def test_counts_outlive_conversations_and_days_are_sealed(database: Database, tmp_path: Path) -> None:
    keep(database, talk("old", "2026-11-02", [("answered", BIRTH)]), talk("new", "2026-11-21", [("answered", BIRTH)]))
    reports = reports_over(database, tmp_path)
    reports.rollup.run()
    with database.session() as session:
        assert session.get(ReportDayRow, date(2026, 11, 2)).sealed  # type: ignore[union-attr]
        assert not session.get(ReportDayRow, date(2026, 11, 20)).sealed  # type: ignore[union-attr]
        session.execute(delete(ConversationRow))
    keep(database, talk("late", "2026-11-21", [("answered", BIRTH), ("error", "")]))
    reports_over(database, tmp_path, now=NOW + timedelta(hours=1)).rollup.run()
    month = {"since": "2026-11-01", "until": "2026-11-22"}
    rows = {row["step"].isoformat(): row["turn"] for row in rows_of(reports, "volumes", **month)}
    assert (rows["2026-11-02"], rows["2026-11-21"]) == (1, 2), "an open day is counted anew, a sealed one stays"
    with database.session(write=False) as session:
        twice = session.scalars(select(func.count()).select_from(ReportCountRow).group_by(
            ReportCountRow.day, ReportCountRow.measure, ReportCountRow.label, ReportCountRow.channel,
            ReportCountRow.centre, ReportCountRow.field, ReportCountRow.procedure).having(func.count() > 1)).all()
    assert not twice


def test_a_long_period_is_shown_by_weeks_from_monday(database: Database, tmp_path: Path) -> None:
    keep(database, talk("a", "2026-11-15", [("answered", BIRTH)]), talk("b", "2026-11-16", [("answered", BIRTH)]))
    reports = reports_over(database, tmp_path)
    reports.rollup.run()
    rows = rows_of(reports, "volumes", days="90")
    assert {row["step"].weekday() for row in rows} == {0}
    assert [(row["step"].isoformat(), row["talk"]) for row in rows if row["talk"]] == [
        ("2026-11-09", 1), ("2026-11-16", 1)]


def test_a_rise_is_told_from_chance() -> None:
    found = {one.procedure: one for one in changed_topics(
        {"up": 90, "same": 105, "few": 9, "rest": 1000}, {"up": 40, "same": 100, "few": 1, "rest": 1000})}
    assert found["up"].sure and found["up"].ratio > 2
    assert not found["same"].sure and not found["rest"].sure
    assert "few" not in found, "ten conversations tell nothing"
    # The exact conditional test: P(X <= 4 or X >= 16) for X ~ Bin(20, 1/2) is 0.0118.
    [one] = changed_topics({"a": 16}, {"a": 4, "b": 12})
    assert abs(one.q - 0.011818) < 1e-5
    assert changed_topics({}, {"a": 30}) == []


def test_quality_and_questions_without_a_guide(database: Database, tmp_path: Path) -> None:
    keep(
        database,
        GoldenRunRow(day=date(2026, 11, 20), code=BIRTH, passed=8, failed=2),
        GoldenRunRow(day=date(2026, 11, 20), code=DEATH, passed=9, failed=1),
        InboxClusterRow(title="Xin cấp phép bay flycam", size=6, gap=True, last_at=at("2026-11-20")),
        InboxClusterRow(title="Khai sinh", size=9, gap=False, last_at=at("2026-11-20")),
    )
    reports = reports_over(database, tmp_path)
    [row] = rows_of(reports, "golden", **WEEK)
    assert (row["golden_all"], row["golden_passed"], row["share"]) == (20, 17, 0.85)
    assert [one["question"] for one in rows_of(reports, "clusters", **WEEK)] == ["Xin cấp phép bay flycam"]
