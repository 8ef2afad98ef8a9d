"""Settings of the Zalo channel, read from the environment (`ZALO_…`, `ZBS_TEMPLATE_…`) or `.env`."""

from __future__ import annotations

import os
import re
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["ZaloSettings"]

_TEMPLATE = re.compile(r"ZBS_TEMPLATE_([A-Z_]+)")


class ZaloSettings(BaseSettings):
    """One instance a service. Ids are strings: they don't fit a JavaScript number, and nobody calculates with them."""

    model_config = SettingsConfigDict(env_prefix="ZALO_", env_file=".env", extra="ignore")

    enabled: bool = Field(False, description="Whether the channel is served at all.")
    app_id: str = Field("", pattern=r"^\d*$", description="Id of the app at developers.zalo.me.")
    app_secret: SecretStr = Field(SecretStr(""), description="App Secret: sent with token calls.")
    oa_id: str = Field("", pattern=r"^\d*$", description="Id of our Official Account; events of others are refused.")
    oa_secret_key: SecretStr = Field(
        SecretStr(""), description="OA Secret Key of the webhook page; empty: nothing is processed yet."
    )
    signature_mode: Literal["strict", "log_only", "disabled"] = Field(
        "strict", description="What happens to an event whose signature is wrong; disabled is for tests."
    )
    replay_window_s: int = Field(
        8100, ge=300, description="Oldest event that is taken, in seconds; a repeat comes up to 111 minutes late."
    )
    pkce_verifier: str = Field(
        "", pattern=r"^([A-Za-z0-9_-]{43})?$",
        description="Code verifier whose challenge is saved in Zalo's console; empty: a new one for each consent.",
    )
    redirect_uri: str = Field("", description="Callback address of the consent; empty: derived from ISEE_PUBLIC_URL.")
    verify_code: str = Field(
        "", pattern=r"^[A-Za-z0-9_-]*$", description="Code that proves the domain to Zalo; empty: none is shown."
    )
    buttons: Literal["auto", "on", "off"] = Field(
        "auto", description="auto: buttons, and a numbered menu for a day after Zalo refused some."
    )
    buttons_template_type: str = Field("", description="template_type sent with buttons; empty: none is sent.")
    max_text: int = Field(1900, ge=200, le=2000, description="Longest text of one message, in characters after NFC.")
    max_buttons: int = Field(5, ge=1, le=5, description="Most buttons of one message.")
    rate_per_s: float = Field(20, gt=0, description="Calls a second to Zalo, over all replicas.")
    proof: bool = Field(False, description="Send appsecret_proof, where the app's console asks for it.")
    base_url: str = Field("https://openapi.zalo.me", description="Address of the OA API.")
    oauth_url: str = Field("https://oauth.zaloapp.com", description="Address of the consent and of the tokens.")
    zbs_url: str = Field("https://business.openapi.zalo.me", description="Address for template messages by phone.")
    handoff_pause_min: int = Field(
        30, ge=1, le=1440, description="Minutes that the bot is silent after staff wrote in Zalo's own tool."
    )
    erase_after_unfollow_days: int = Field(
        7, ge=0, le=365,
        description="Days from unfollowing until what is kept of a citizen is erased, unless they return; 0: at once.",
    )
    reactions: bool = Field(
        True, description="A thumb up at a citizen's message whose answer takes long, or that waits for a person."
    )
    template_mode: Literal["", "development"] = Field(
        "", description="development: template messages are free tests that only the app's and OA's admins get."
    )
    poll_missed_s: float = Field(
        0, ge=0, description="Seconds between two looks for messages whose event never came; 0: none is taken."
    )
    media_hosts: list[str] = Field(
        [".zdn.vn", ".zadn.vn", ".zalo.me", ".zaloapp.com"],
        description="Hosts that citizens' pictures and files are fetched from; a leading dot takes subdomains.",
    )
    templates: dict[str, str] = Field(
        default_factory=dict,
        description="Template message of each dossier state; in the environment ZBS_TEMPLATE_<STATE>, by default none.",
    )

    @model_validator(mode="after")
    def _complete(self) -> ZaloSettings:
        for name, value in {**dotenv_values(".env"), **os.environ}.items():
            if value and (match := _TEMPLATE.fullmatch(name.upper())):
                self.templates.setdefault(match[1].lower(), value)
        if self.enabled:
            missing = [name for name in ("app_id", "app_secret", "oa_id") if not _given(getattr(self, name))]
            if missing:
                names = ", ".join(f"ZALO_{name.upper()}" for name in missing)
                raise ValueError(f"ZALO_ENABLED is set, so {names} must be set, too")
        return self

    @property
    def waiting_for_secret(self) -> bool:
        """The OA Secret Key is shown only after the webhook's address was saved: until then 200 to anything."""
        return self.signature_mode != "disabled" and not self.oa_secret_key.get_secret_value()


def _given(value: str | SecretStr) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
