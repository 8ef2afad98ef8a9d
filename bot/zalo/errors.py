"""The platform's errors as data (`errors.yml`): what each asks for, and the sentence that staff read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from bot.zalo.model import Act, SendFailed
from common.identifiers import mask

__all__ = ["Failed", "Fault", "Interface", "alarm_says", "fault", "fault_of", "faults", "lost", "refused", "stopping"]

Interface = Literal["oa", "template", "oauth"]
_FILE = Path(__file__).parent / "errors.yml"


class Fault(BaseModel):
    """One error: `tries` are further tries of a transient one, `alarm` the kind of alarm it raises, `stops` what rests
    until somebody mended it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    act: Act
    says: str
    tries: int = 0
    alarm: str = ""
    stops: Literal["", "all", "charged"] = ""


@cache
def _loaded() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return loaded


@cache
def _catalogue() -> dict[str, dict[Any, Fault]]:
    return {
        part: {code: Fault(**body) for code, body in known.items()}
        for part, known in _loaded().items() if part != "alarms"
    }


def alarm_says(kind: str) -> str:
    """What an alarm tells staff; a kind without its own sentence is shown as it is."""
    return str(_loaded()["alarms"].get(kind, kind))


def faults(interface: Interface) -> dict[int, Fault]:
    """Every known code of an interface."""
    return dict(_catalogue()[interface])


def stopping() -> list[int]:
    """The codes at which sending rests until a person acts."""
    return [code for part in ("oa", "template") for code, entry in _catalogue()[part].items() if entry.stops]


def fault(name: str) -> Fault:
    """What has no code of the platform (the section `none`). Raises KeyError."""
    return _catalogue()["none"][name]


class Failed(SendFailed):
    """A SendFailed that knows its entry of the table."""

    def __init__(self, entry: Fault, code: int | None, message: str) -> None:
        super().__init__(entry.act, code, message)
        self.fault = entry


def fault_of(error: SendFailed) -> Fault:
    """What `error` asks for; what isn't in the tables is permanent."""
    if isinstance(error, Failed):
        return error.fault
    known = _catalogue()
    found = known["oa"].get(error.code) or known["template"].get(error.code) or known["none"].get(error.message)
    return found or Fault(act=error.act, says=fault("other").says)


def refused(code: int, message: str = "", interface: Interface = "oa") -> Failed:
    """The error for a code that the platform answered with; `message` is its own text, which is kept masked."""
    known = _catalogue()
    found = known[interface].get(code) or known["oa"].get(code) or known["template"].get(code)
    return Failed(found or fault("other"), code, mask(message[:200]))


def lost(name: str) -> Failed:
    """The error where the platform did not answer with a code; `name` stands in the section `none`."""
    return Failed(fault(name), None, name)
