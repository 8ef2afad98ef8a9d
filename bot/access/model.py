"""Who staff are, as the rest of the service sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from common.settings import Settings

__all__ = ["LEADERS", "AccessRules", "Person", "Role", "SessionInfo", "SignedIn", "Staff", "Stage"]


class Role(StrEnum):
    """What a person does. Which pages each role opens stands in `bot.console.areas`.

    admin: accounts, and everything else; manager: steers, overrides; curator: guides and questions left open;
    agent: answers citizens; officer: processes dossiers; assistant: helps at a counter.
    """

    ADMIN = "admin"
    MANAGER = "manager"
    CURATOR = "curator"
    AGENT = "agent"
    OFFICER = "officer"
    ASSISTANT = "assistant"


LEADERS = frozenset({Role.ADMIN, Role.MANAGER})


class Stage(StrEnum):
    """What a session still lacks, in the order in which it is asked for; `full` lacks nothing."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105
    ENROL = "enrol"
    FULL = "full"


@dataclass(frozen=True)
class Staff:
    """Who is signed in; `csrf` guards the forms of this session, `session` is its id. Citizens see `title`."""

    name: str
    role: Role
    csrf: str = ""
    display_name: str = ""
    unit: str = ""
    email: str = ""
    session: str = ""
    stage: Stage = Stage.FULL

    @property
    def title(self) -> str:
        return self.display_name or self.name


@dataclass(frozen=True)
class Person:
    """An account as its administrators see it."""

    name: str
    role: Role
    display_name: str
    unit: str
    email: str
    locked: bool
    locked_until: datetime | None
    must_change: bool
    second_factor: bool
    linked: bool
    created_at: datetime

    @property
    def title(self) -> str:
        return self.display_name or self.name


@dataclass(frozen=True)
class SessionInfo:
    """A session as its owner sees it."""

    id: str
    device: str
    created_at: datetime
    used_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """A session's new token (for the cookie) and what it still lacks."""

    token: str
    stage: Stage


@dataclass(frozen=True)
class AccessRules:
    """How long sessions last, and who must have a second factor."""

    life: timedelta = timedelta(hours=8)
    idle: timedelta = timedelta(hours=2)
    second_factor: frozenset[Role] = frozenset()
    trust_sso_factor: bool = False

    @classmethod
    def from_settings(cls, settings: Settings) -> AccessRules:
        demanded: Mapping[str, frozenset[Role]] = {
            "optional": frozenset(), "leaders": LEADERS, "all": frozenset(Role),
            "auto": LEADERS if settings.environment == "production" else frozenset(),
        }
        return cls(
            timedelta(hours=settings.staff_session_hours), timedelta(minutes=settings.staff_idle_minutes),
            demanded[settings.staff_second_factor], settings.staff_oidc_second_factor)
