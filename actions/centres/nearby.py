"""The points nearest to a location that was shared in a conversation.

The answer is stored with the conversation and the location must not be: distances to several points would give it away,
so the answer has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actions.centres.bundle import CentreRoom
from actions.centres.directory import PointNear
from common.messages import Button, Reply, Status

__all__ = ["Nearby"]

_COUNT = 3


@dataclass(frozen=True)
class Nearby:
    """`bot.gateway.turn.Locating`."""

    room: CentreRoom
    base_url: str

    def near(self, lat: float, lon: float) -> Reply:
        """The nearest points with their state now, or that the location lies outside the province."""
        page = Button(title=self.room.texts.render("button.page"), url=f"{self.base_url}/centres")
        if not self.room.directory.inside(lat, lon):
            return Reply(text=self.room.texts.render("search.outside"), status=Status.CLARIFIED, buttons=[page])
        found = self.room.directory.nearest(lat, lon, _COUNT)
        text = self.room.texts.render("nearby.found", points=[self._shown(near) for near in found])
        buttons = [self._detail(near) for near in found]
        return Reply(text=text, status=Status.ANSWERED, buttons=[*buttons, page])

    def _shown(self, near: PointNear) -> dict[str, Any]:
        wording, point = self.room.wording, near.point
        return {
            "name": point.name, "opening": wording.opening(point), "boat": near.travel.way == "boat",
            "known": wording.known(point) if point.address or point.phone else []}

    def _detail(self, near: PointNear) -> Button:
        title = self.room.texts.render("button.detail", name=near.point.unit.said)
        return Button(title=title[:80], url=f"{self.base_url}/centres/{near.point.id}")
