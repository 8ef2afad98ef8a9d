"""The console's areas: which roles may enter each, and the menu made of them. The one place that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.access.model import Role

__all__ = ["ALLOWED", "MENU", "Area", "Entry", "home", "menu"]


class Area(StrEnum):
    """What belongs together for the people who do it."""

    DESK = "desk"
    KNOWLEDGE = "knowledge"
    INBOX = "inbox"
    DOSSIERS = "dossiers"
    COUNTER = "counter"
    SETUP = "setup"
    STEERING = "steering"
    ACCESS = "access"


_ROLES: dict[Area, set[Role]] = {
    Area.DESK: {Role.AGENT, Role.MANAGER},
    Area.KNOWLEDGE: {Role.CURATOR, Role.MANAGER},
    Area.INBOX: {Role.CURATOR, Role.AGENT, Role.MANAGER},
    # Dossiers hold personal data: a manager sees their counts in the reports, not the dossiers.
    Area.DOSSIERS: {Role.OFFICER},
    Area.COUNTER: {Role.ASSISTANT, Role.OFFICER},
    Area.SETUP: {Role.OFFICER, Role.MANAGER},
    Area.STEERING: {Role.MANAGER},
    Area.ACCESS: set(),
}
ALLOWED: dict[Area, frozenset[Role]] = {area: frozenset({*roles, Role.ADMIN}) for area, roles in _ROLES.items()}


@dataclass(frozen=True)
class Entry:
    """A line of the menu."""

    area: Area
    title: str
    path: str


MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("Người dân", (
        Entry(Area.DESK, "Bàn trực", "/console/conversations"),
        Entry(Area.DESK, "Gọi lại", "/console/desk/callbacks"),
        Entry(Area.DESK, "Câu soạn sẵn", "/console/desk/canned"),
        Entry(Area.DESK, "Cán bộ trực", "/console/desk/people"),
    )),
    ("Tri thức", (
        Entry(Area.KNOWLEDGE, "Hướng dẫn", "/console/guides"),
        Entry(Area.INBOX, "Câu chưa trả lời", "/console/unanswered"),
        Entry(Area.KNOWLEDGE, "Phòng thử tìm kiếm", "/console/lab"),
        Entry(Area.KNOWLEDGE, "Câu chuẩn", "/console/golden"),
        Entry(Area.KNOWLEDGE, "Đính chính", "/console/recall"),
    )),
    ("Hồ sơ", (
        Entry(Area.DOSSIERS, "Hồ sơ", "/console/dossiers"),
        Entry(Area.COUNTER, "Lịch hẹn", "/console/appointments"),
        Entry(Area.COUNTER, "Nộp giúp", "/console/assisted"),
        Entry(Area.DOSSIERS, "Dữ liệu cá nhân", "/console/rights"),
        Entry(Area.DOSSIERS, "Thông báo chưa khớp", "/console/unmatched"),
    )),
    ("Điều hành", (
        Entry(Area.STEERING, "Tạm ngừng, thông báo", "/console/switches"),
        Entry(Area.STEERING, "Lời báo vắng", "/console/desk/absence"),
        Entry(Area.STEERING, "Báo cáo", "/console/reports"),
    )),
    ("Thiết lập", (
        Entry(Area.SETUP, "Nơi nộp", "/console/centres"),
        Entry(Area.SETUP, "Lịch làm việc", "/console/calendar"),
        Entry(Area.SETUP, "Việc gửi lỗi", "/console/outbox"),
        Entry(Area.STEERING, "Zalo", "/console/zalo"),
        Entry(Area.ACCESS, "Tài khoản", "/console/people"),
        Entry(Area.STEERING, "Nhật ký", "/console/audit"),
    )),
)
"""Groups in the order shown. A part adds its pages here, and nowhere else."""

_HOMES = {
    Role.MANAGER: "/console/reports",
    Role.CURATOR: "/console/guides",
    Role.OFFICER: "/console/dossiers",
    Role.ASSISTANT: "/console/assisted",
}


def menu(role: Role) -> Sequence[tuple[str, Sequence[Entry]]]:
    """What `role` may open, without empty groups."""
    groups = [(title, [entry for entry in entries if role in ALLOWED[entry.area]]) for title, entries in MENU]
    return [(title, entries) for title, entries in groups if entries]


def home(role: Role) -> str:
    """The page that a person of this role starts at."""
    return _HOMES.get(role, "/console/conversations")
