"""Staff sign in with their organisation's account (OpenID Connect), where a setting names the issuer.

The state, nonce and PKCE verifier of a login under way travel in a sealed cookie of the browser that began it, so a
callback that this browser didn't ask for is refused and nothing has to be kept here.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from actions.dossiers.identity.openid import OpenIdClient, Provider, ProviderDown, Untrusted
from bot.access.accounts import Accounts
from bot.access.model import SignedIn
from common.errors import Forbidden, NotReady, SetupProblem
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["CALLBACK", "LOGIN_LIFE_S", "Begun", "StaffLogin"]

CALLBACK = "/console/login/sso/callback"
LOGIN_LIFE_S = 600
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and the cookie that it brings back."""

    address: str
    cookie: str


class StaffLogin:
    """Off by default. Maps a login to an account that exists; it never makes one."""

    def __init__(self, settings: Settings, keyring: Keyring, accounts: Accounts) -> None:
        self._issuer = settings.staff_oidc_issuer
        self._client = OpenIdClient(Provider(
            self._issuer, settings.staff_oidc_client_id, settings.staff_oidc_client_secret.get_secret_value(),
            settings.staff_oidc_scopes, settings.staff_oidc_discovery_url))
        self._back = settings.base_url + CALLBACK
        self._keyring, self._accounts = keyring, accounts
        self.name = settings.staff_oidc_name

    @property
    def on(self) -> bool:
        return self._client.on

    def begin(self) -> Begun:
        """Starts a login. Raises NotReady when the provider doesn't answer, Forbidden when it can't be trusted."""
        if not self.on:
            raise Forbidden("Bàn làm việc không bật đăng nhập bằng tài khoản cơ quan.")
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce")}
        kept["verifier"] = secrets.token_urlsafe(48)
        try:
            address = self._client.address(self._back, kept["state"], kept["nonce"], kept["verifier"])
        except (ProviderDown, Untrusted) as error:
            raise self._failed(error) from error
        sealed = self._keyring.encrypt(json.dumps({**kept, "until": time.time() + LOGIN_LIFE_S}))
        return Begun(address, sealed.decode())

    def finish(self, query: Mapping[str, str], cookie: str, device: str) -> SignedIn:
        """The session of the person that the provider vouched for. Raises Forbidden for a callback that this browser
        didn't begin, that is late or untrusted, or that belongs to no account; NotReady; NotAuthenticated (locked).
        """
        kept = self._opened(cookie)
        state = str(kept.get("state", ""))
        if not state or not hmac.compare_digest(state.encode(), query.get("state", "").encode()):
            raise Forbidden("Lần đăng nhập này không bắt đầu từ trình duyệt này hoặc đã quá hạn. Vui lòng làm lại.")
        if "error" in query or "code" not in query or not self._client.says(query.get("iss", "")):
            raise Forbidden(f"Đăng nhập bằng {self.name} đã bị hủy hoặc bị từ chối.")
        try:
            claims = self._client.attested(
                self._back, query["code"], str(kept["nonce"]), str(kept["verifier"])).claims
        except (ProviderDown, Untrusted) as error:
            raise self._failed(error) from error
        verified = claims.get("email_verified") is True
        email = str(claims.get("email", "")).strip() if verified else ""
        identity = self._keyring.digest("staff-sso", f"{self._issuer}|{claims['sub']}")
        name = self._accounts.people.by_sso(identity, email)
        if name is None:
            raise Forbidden("Chưa có tài khoản bàn làm việc nào ứng với người này. Vui lòng liên hệ người quản trị.")
        return self._accounts.sign_in_by_sso(name, device)

    def _opened(self, cookie: str) -> dict[str, str | float]:
        try:
            kept: dict[str, str | float] = json.loads(self._keyring.decrypt(cookie.encode())) if cookie else {}
        except SetupProblem:  # not sealed by us
            return {}
        return kept if kept and float(kept["until"]) > time.time() else {}

    def _failed(self, error: Exception) -> Exception:
        _log.warning("staff_login_failed", cause=str(error))
        if isinstance(error, ProviderDown):
            return NotReady(f"Chưa kết nối được với hệ thống {self.name}. Vui lòng thử lại hoặc dùng mật khẩu.")
        return Forbidden(f"Không kiểm chứng được lần đăng nhập bằng {self.name}. Vui lòng làm lại.")
