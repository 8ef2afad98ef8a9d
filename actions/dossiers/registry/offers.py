"""What other parts offer on a dossier's page and tracking card: pay, book, fetch the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from actions.dossiers.registry.status import PublicStatus

__all__ = ["Offer", "OfferSource", "offered"]


@dataclass(frozen=True)
class Offer:
    """One way on. `path` stands below the dossier's page ("/payment"); a smaller `order` comes first."""

    title: str
    path: str
    order: int = 50


OfferSource = Callable[[PublicStatus], list[Offer]]


def offered(sources: Iterable[OfferSource], status: PublicStatus) -> list[Offer]:
    """Every part's offers for a dossier as it stands, in order."""
    return sorted((offer for source in sources for offer in source(status)), key=lambda offer: offer.order)
