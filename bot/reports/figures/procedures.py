"""Procedures that nobody asked about or filed."""

from __future__ import annotations

from bot.reports.asking import Asking
from bot.reports.numbers import number
from bot.reports.reading import sums
from bot.reports.sheets import Column, Figure

__all__ = ["unused"]


def unused(ask: Asking) -> Figure:
    """Procedures of the catalogue without a topic, a dossier and an appointment in the period; curated guides
    first, for they cost work."""
    scope = ask.scope
    seen = {
        code for measure in ("topic", "dossier", "appointment")
        for (code,), value in sums(ask.session, measure, scope, "procedure").items() if value.count
    }
    known = {
        code: one for code, one in ask.names.procedures.items() if not scope.field or one.field == scope.field}
    left = sorted(
        ((code, one) for code, one in known.items() if code not in seen),
        key=lambda item: (not item[1].curated, item[1].field, item[1].name))
    rows = [
        {"procedure": one.name, "code": code, "field": one.field,
         "guide": ask.text("guide.curated" if one.curated else "guide.other")}
        for code, one in left
    ]
    curated = sum(one.curated for _, one in left)
    said = ask.text(
        "figure.unused.said", unused=number(len(left)), known=number(len(known)), curated=number(curated),
        all_curated=number(sum(one.curated for one in known.values())))
    columns = (Column("procedure"), Column("code"), Column("field"), Column("guide"))
    return ask.figure("unused", columns, rows, said=said, empty=ask.text("figure.unused.none"))
