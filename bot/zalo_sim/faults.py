"""What the simulated Zalo does wrong, or other than usual, at the moment; set over HTTP or at the panel."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Counted", "Faults"]

Counted = Literal["drop_next", "fail_next", "lose_next", "limit_next"]


class Faults(BaseModel):
    """The defaults are a healthy platform. Times in seconds."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    # Calls to the OA API
    delay_s: float = Field(0, ge=0, le=120, description="Waits before doing anything.")
    late_s: float = Field(0, ge=0, le=120, description="Does the work, then answers late.")
    drop_next: int = Field(0, ge=0, description="The next calls lose their connection before any work.")
    fail_next: int = Field(0, ge=0, description="The next calls are answered 502 before any work.")
    lose_next: int = Field(0, ge=0, description="The next calls are done, but their answer is lost.")
    limit_next: int = Field(0, ge=0, description="The next calls meet the rate limit (-32).")
    per_minute: int = Field(4000, ge=1, description="Calls a minute before -32.")
    error: int = Field(0, le=0, description="Each consultation message is refused with this code; 0: none is.")
    buttons: bool = Field(True, description="Whether buttons are taken on a consultation message (else -233).")
    proof: bool = Field(False, description="Whether appsecret_proof is checked (-242).")
    out_of_quota: bool = Field(False, description="The package is used up (-211).")
    uploads_expire: bool = Field(False, description="Whatever was uploaded has expired (-100).")
    unreachable: bool = Field(False, description="Phones are off: messages arrive, no receipt comes.")
    fixed_challenge: str = Field("", description="Code challenge saved in the console; another one gives -14003.")
    # Events to the webhook
    duplicate: int = Field(1, ge=1, le=5, description="Each event is sent so many times.")
    shuffle: bool = Field(False, description="Events of a moment go out latest first.")
    forge: bool = Field(False, description="Each event is preceded by a forged one with a wrong signature.")
    skip_next: int = Field(0, ge=0, description="The next events are never sent.")
    late_events_s: float = Field(0, ge=0, le=3600, description="Events wait so long.")

    def take(self, name: Counted | Literal["skip_next"]) -> bool:
        """Whether this is one of the next n; counts it."""
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return left > 0
