"""All settings of the service, read from the environment (prefix `ISEE_`) or `.env`."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["PROJECT_ROOT", "Settings", "get_settings"]

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """One instance a process, from `get_settings()`. Paths are absolute after loading."""

    model_config = SettingsConfigDict(env_prefix="ISEE_", env_file=".env", extra="ignore")

    home: Path = Field(
        PROJECT_ROOT / "var", description="Folder of all state: database, index, models, secrets, uploads."
    )
    host: str = Field("127.0.0.1", description="Address that the service listens on.")
    port: int = Field(8000, description="Port of the service.")
    public_url: str = Field("", description="Address that citizens use; empty: http://host:port.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the home folder.")
    redis_url: str = Field(
        "", description="Redis that replicas share rate limits and wake-ups through; empty: each by itself."
    )
    encoder: str = Field(
        "", description="Path or hub name of a sentence-transformers model; empty: the embedded default."
    )
    encoder_vocabulary: Literal["trimmed", "full"] = Field(
        "trimmed",
        description="Vocabulary of the embedded encoder: trimmed (Vietnamese, English, French, Chinese) or full.",
    )
    wrong_answer_cost: float = Field(
        2.2,
        ge=1.1,
        le=100,
        description="How many needless questions back one wrong answer is worth; higher answers less often.",
    )
    threads: int = Field(2, ge=1, le=64, description="CPU threads of the encoder.")

    rasa_url: str = Field("", description="Address of a Rasa server run elsewhere; empty: the service starts its own.")
    rasa_port: int = Field(5005, description="Loopback port of the Rasa server that the service starts.")
    rasa_timeout_s: float = Field(8.0, gt=0, description="Longest wait for one Rasa turn, in seconds.")

    secret_key: SecretStr = Field(
        SecretStr(""), description="Key of tokens and encrypted fields; empty: made at first start."
    )
    environment: str = Field("local", description="local or production; production refuses generated secrets.")
    agency_code: str = Field("H49", description="Agency code that dossier codes start with.")
    agency_codes: dict[str, str] = Field(
        default_factory=dict,
        description='Agency codes of single service centres by centre id, as JSON: {"ha-long": "H49.22"}.',
    )
    province: str = Field("Quảng Ninh", description="Province served.")
    hotline: str = Field("", description="Hotline shown to citizens; empty: none is shown.")
    portal_url: str = Field("https://dichvucong.gov.vn", description="National portal that answers link to.")
    office_hours: str = Field(
        "Mon-Fri 07:30-11:30,13:30-17:00", description="Working hours of the people behind hand-off."
    )

    desk_capacity: int = Field(
        3, ge=0, le=50, description="Conversations an agent is given at once; managers may set another number for one."
    )
    desk_auto_assign: bool = Field(
        True, description="Give waiting conversations to agents who say they are ready; false: they claim by hand."
    )
    desk_patience_minutes: int = Field(
        5, ge=1, le=240, description="Minutes after which a citizen whom no agent could take is asked how to go on."
    )

    result_seal: str = Field(
        "", description="PKCS#12 file that signs issued results; empty: a test seal locally, none in production."
    )
    result_seal_password: SecretStr = Field(SecretStr(""), description="Password of that file.")
    signature_roots: str = Field(
        "", description="Folder of issuers' certificates to trust when checking signed PDFs; empty: only our own seal."
    )

    dossier_archive_years: int = Field(
        0, ge=0, le=100, description="Years that submitted dossiers are kept by archive law; 0: not known, said so."
    )
    quiet_hours: str = Field(
        "21:00-07:00", description="Hours in which citizens get no notice, in Vietnam's time; empty: none."
    )
    smtp_host: str = Field("", description="Mail server for notices; empty: no e-mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection to the mail server is secured; none only for a local one."
    )
    smtp_user: str = Field("", description="Account at the mail server; empty: no sign-in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password of that account.")
    mail_from: str = Field("", description="Address that notices are sent from; empty: no e-mail is sent.")

    onestop_url: str = Field(
        "", description="Base address of the province's one-stop system; empty: the embedded registry alone."
    )
    onestop_key: str = Field("isee", description="Name of the secret shared with it, sent with each message.")
    onestop_secret: SecretStr = Field(
        SecretStr(""), description="Secret that signs messages in both directions, 32 characters or more."
    )
    onestop_timeout_s: float = Field(10.0, gt=0, le=120, description="Longest wait for one of its answers, in seconds.")
    onestop_reconcile_minutes: int = Field(
        30, ge=1, le=1440, description="Minutes between two comparisons of our dossiers with the one-stop system."
    )
    onestop_states: str = Field("", description="YAML file that maps its states to ours; empty: the shipped one.")

    payment_accounts: str = Field(
        "", description="Signed file of receiving accounts for fees; empty: no payment QR is ever shown."
    )
    payment_public_key: str = Field(
        "", description="Ed25519 public key (Base64) that must have signed that file; pinned, never read from it."
    )
    payment_secrets: dict[str, SecretStr] = Field(
        default_factory=dict, description='Payment providers and the secrets of their callbacks: {"name": "secret"}.'
    )

    appointment_days_ahead: int = Field(30, ge=1, le=120, description="How many days ahead appointments can be booked.")
    appointment_lead_minutes: int = Field(
        60, ge=0, le=2880, description="Minutes before its start in which an appointment can't be booked any more."
    )

    message_max_chars: int = Field(2000, description="Longest message accepted from a citizen, in characters.")
    upload_max_mb: float = Field(10.0, description="Largest upload, in MB.")
    import_max_mb: float = Field(128.0, description="Largest catalogue file uploaded at the console, in MB.")
    clamd: str = Field(
        "", description="ClamAV daemon that scans uploads, host:port or a socket's path; empty: uploads aren't scanned."
    )
    oidc_issuer: str = Field("", description="Issuer of the OpenID Connect login; empty: no such login is offered.")
    oidc_discovery_url: str = Field(
        "", description="Address of the issuer's metadata where it isn't <issuer>/.well-known/openid-configuration."
    )
    oidc_client_id: str = Field("", description="Client id that the issuer gave.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret that the issuer gave.")
    oidc_scopes: str = Field("openid", description="Scopes asked for, separated by blanks; openid among them.")
    oidc_acr_values: str = Field(
        "", description="Levels of assurance asked for, separated by blanks; a login of another level is refused."
    )
    oidc_claims: dict[str, str] = Field(
        {"personal_id": "SoDinhDanh", "name": "HoVaTen", "birth_date": "NgayThangNamSinh"},
        description="Which claim holds personal_id, name, birth_date, sex and address, as JSON.",
    )
    oidc_name: str = Field("VNeID", description="What citizens call that login.")
    staff_session_hours: float = Field(8, gt=0, le=24, description="Hours after which staff sign in anew, used or not.")
    staff_idle_minutes: int = Field(
        120, ge=1, le=1440, description="Minutes without a page opened or a form sent after which staff sign in anew."
    )
    staff_second_factor: Literal["auto", "optional", "leaders", "all"] = Field(
        "auto",
        description="Who must have a second factor: nobody, managers and admins, all; auto: leaders in production.",
    )
    staff_oidc_issuer: str = Field("", description="Issuer of the OpenID Connect login of staff; empty: off.")
    staff_oidc_discovery_url: str = Field(
        "", description="Address of that issuer's metadata where it isn't <issuer>/.well-known/openid-configuration."
    )
    staff_oidc_client_id: str = Field("", description="Client id that the issuer gave for the console.")
    staff_oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret for the console.")
    staff_oidc_scopes: str = Field("openid email", description="Scopes asked for, separated by blanks.")
    staff_oidc_name: str = Field("tài khoản cơ quan", description="What staff call that login.")
    staff_oidc_second_factor: bool = Field(
        False, description="Whether that issuer asks for a second factor itself, so that the console doesn't."
    )
    open_data_licence: str = Field(
        "", description="Licence of exported open data, as its SPDX name (CC-BY-4.0); empty: none is stated."
    )
    chat_retention_days: int = Field(90, description="Days after which conversations are erased.")
    messages_per_minute: int = Field(40, description="Messages a conversation may send in a minute.")
    address_messages_per_minute: int = Field(1200, ge=1, description="Messages one address may send in a minute.")
    conversations_per_minute: int = Field(240, ge=1, description="Conversations one address may open in a minute.")
    requests_per_minute: int = Field(3000, ge=1, description="Requests of any kind one address may make in a minute.")
    requests_at_once: int = Field(
        256, ge=8, description="Requests answered at the same time; more are told to come again (503)."
    )
    streams: int = Field(4000, ge=1, description="Event streams of citizens that one process holds open.")
    streams_per_address: int = Field(200, ge=1, description="Event streams that one address may hold open.")
    connections: int = Field(6000, ge=16, description="Connections that one process holds open.")
    connections_per_address: int = Field(
        400, ge=4, description="Connections that one address may hold open; trusted proxies aren't counted."
    )
    trusted_proxies: list[str] = Field(
        ["127.0.0.1", "::1"],
        description="Addresses or networks of reverse proxies whose X-Forwarded-For is believed, as JSON.",
    )
    allowed_origins: list[str] = Field(
        default_factory=list, description="Origins of other sites that may embed the widget and call the API, as JSON."
    )
    log_level: str = Field("INFO", description="Level of the structured log.")

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        self.home = self.home.expanduser().resolve()
        if not self.database_url:
            self.database_url = f"sqlite:///{self.home / 'isee.db'}"
        if self.environment == "production" and len(self.secret_key.get_secret_value()) < 32:
            raise ValueError("ISEE_SECRET_KEY of at least 32 characters is required when ISEE_ENVIRONMENT=production")
        for proxy in self.trusted_proxies:
            try:
                ip_network(proxy)
            except ValueError as error:
                raise ValueError(f"ISEE_TRUSTED_PROXIES: {error}") from None
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("ISEE_OIDC_ISSUER is set, so ISEE_OIDC_CLIENT_ID is required")
        if self.staff_oidc_issuer and not self.staff_oidc_client_id:
            raise ValueError("ISEE_STAFF_OIDC_ISSUER is set, so ISEE_STAFF_OIDC_CLIENT_ID is required")
        if not self.loopback and len(self.secret_key.get_secret_value()) < 32:
            raise ValueError(
                f"ISEE_HOST={self.host} is reachable from outside: set ISEE_SECRET_KEY (32 characters or more) first"
            )
        return self

    @property
    def loopback(self) -> bool:
        """Whether the service listens on this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def base_url(self) -> str:
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def rasa_base_url(self) -> str:
        return self.rasa_url.rstrip("/") or f"http://127.0.0.1:{self.rasa_port}"

    @property
    def models_dir(self) -> Path:
        """Converted encoder, spaCy pipeline and Rasa model."""
        return self.home / "models"

    @property
    def encoder_dir(self) -> Path:
        """The encoder exported for serving (ONNX, tokenizer, manifest)."""
        return self.models_dir / "encoder"

    @property
    def index_dir(self) -> Path:
        return self.home / "index"

    @property
    def uploads_dir(self) -> Path:
        return self.home / "uploads"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings. Raises pydantic.ValidationError naming the variable at fault."""
    return Settings()
