"""Addresses of a dossier's own pages, each carrying its permission (`common.links`)."""

from __future__ import annotations

from datetime import timedelta

from common.identifiers import parse_dossier_code
from common.links import Links

__all__ = ["KIND", "DossierPages"]

KIND = "dossier"
# As long as a PIN counts (`access.py`).
_LIFE = timedelta(hours=12)


class DossierPages:
    """Makes and opens links to `/dossiers/{token}`."""

    def __init__(self, links: Links, base_url: str) -> None:
        self._links = links
        self._base_url = base_url

    def path(self, code: str, below: str = "", life: timedelta = _LIFE) -> str:
        """The page's path, or that of a part `below` it ("/payment")."""
        return f"/dossiers/{self._links.make(KIND, parse_dossier_code(code).value, life)}{below}"

    def address(self, code: str, below: str = "", life: timedelta = _LIFE) -> str:
        """The whole address, for buttons and notices."""
        return f"{self._base_url}{self.path(code, below, life)}"

    def code(self, token: str) -> str:
        """The dossier that a link is for. Raises NotFound for a foreign, altered or expired one."""
        return self._links.open(KIND, token)
