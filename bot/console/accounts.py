"""Staff accounts under the names that the console's parts use; made in `bot.access`."""

from __future__ import annotations

from bot.access.accounts import Accounts
from bot.access.model import Role, Staff

__all__ = ["Accounts", "Role", "Staff"]
