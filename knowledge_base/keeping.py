"""A guide of which staff changed nothing but the phrasings follows new shipped texts and keeps their phrasings.

Phrasings are no facts: who adds one has not taken the guide over, and must not cut it off from later corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge_base.model import Guide, Origin
from knowledge_base.tables import GuideVersion

__all__ = ["rephrased", "staff_phrasings_kept"]

_FIELD = "questions"


def rephrased(fresh: Guide, shipped: Mapping[str, Any], published: Mapping[str, Any]) -> Guide | None:
    """`fresh` with what staff added to the phrasings of `shipped` (the last text that came with iSee) and without what
    they took out; None where `published` differs in more than phrasings.
    """
    if _without(shipped) != _without(published):
        return None
    before, now = list(shipped.get(_FIELD, [])), list(published.get(_FIELD, []))
    removed, known = set(before) - set(now), set(fresh.questions)
    added = [text for text in now if text not in before and text not in known]
    return fresh.model_copy(update={_FIELD: [*(text for text in fresh.questions if text not in removed), *added]})


def staff_phrasings_kept(session: Session, fresh: Guide, origin: Origin, version: int, author: str) -> Guide | None:
    """`rephrased` of the guide whose `version` is published, against the last text by `author`, who ships."""
    of_code = select(GuideVersion.payload).where(GuideVersion.code == fresh.code, GuideVersion.origin == str(origin))
    shipped = session.scalar(
        of_code.where(GuideVersion.author == author).order_by(GuideVersion.version.desc()).limit(1))
    published = session.scalar(of_code.where(GuideVersion.version == version))
    return rephrased(fresh, shipped, published) if shipped is not None and published is not None else None


def _without(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != _FIELD}
