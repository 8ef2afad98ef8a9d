"""What the simulator does wrong at the moment; set over HTTP or on its page."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Faults"]


class Faults(BaseModel):
    """Everything off is a healthy system. Times in seconds."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    down: bool = Field(False, description="Answers 503 and does nothing.")
    delay_s: float = Field(0, ge=0, le=120, description="Waits before doing anything.")
    late_s: float = Field(0, ge=0, le=120, description="Does the work, then answers late.")
    fail_next: int = Field(0, ge=0, description="The next requests are answered 503 before any work.")
    lose_next: int = Field(0, ge=0, description="The next requests are done, but answered 504.")
    garbage_next: int = Field(0, ge=0, description="The next requests are done, but answered with nonsense.")
    refuse_next: int = Field(0, ge=0, description="The next submissions are refused with 422.")
    callbacks: Literal["auto", "manual", "off"] = Field(
        "auto", description="auto: sent at once; manual: by POST /simulator/callbacks/flush; off: lost.")
    shuffle: bool = Field(False, description="Callbacks go out latest first.")
    repeat: int = Field(1, ge=1, le=5, description="Each callback is sent so many times.")
    forge: bool = Field(False, description="Each callback is preceded by a forged one that claims a refusal.")

    def take(self, name: Literal["fail_next", "lose_next", "garbage_next", "refuse_next"]) -> bool:
        """Whether this request is one of the next n; counts it."""
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return left > 0
