"""What is shown of a payment: to the citizen, to officers, to the API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

__all__ = ["KeptPayment", "PaymentEvent", "PaymentView", "Shown", "TransferView"]

Shown = Literal["free", "unconfirmed", "unpaid", "pending", "paid", "refused", "refunded"]


class TransferView(BaseModel):
    """A transfer that a citizen may make; only ever from the signed accounts. `qr` is the VietQR payload."""

    bank: str
    account: str
    holder: str
    amount: int
    reference: str
    qr: str


class PaymentView(BaseModel):
    """A dossier's fee. `amount` in đồng, None to be confirmed. `notes` are the guide's own words. `payable`: money is
    still owed; `transfer` then says how, if an account is configured."""

    code: str
    procedure: str
    status: Shown
    status_label: str
    status_text: str
    amount: int | None = None
    currency: str = "VND"
    basis: Literal["guide", "officer"] = "guide"
    notes: list[str] = []
    legal: str = ""
    payable: bool = False
    transfer: TransferView | None = None
    where: str = ""
    provider: str = ""
    transaction_id: str = ""
    reference: str = ""
    paid_at: datetime | None = None


class PaymentEvent(BaseModel):
    """What a payment provider reports. `amount` in đồng, an integer; `reference` is the transfer's message."""

    model_config = ConfigDict(extra="ignore")

    event_id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$", description="Unique for ever within the provider.")
    reference: str = Field(min_length=1, max_length=64)
    transaction_id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")
    status: Literal["pending", "paid", "refused", "refunded"]
    amount: int = Field(ge=0, lt=10**13, strict=True)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    at: AwareDatetime


class KeptPayment(BaseModel):
    """A report that matches nothing we may book; staff settle it."""

    id: int
    code: str
    provider: str
    reference: str
    transaction_id: str
    status: str
    amount: int
    currency: str
    why: str
    received_at: datetime
