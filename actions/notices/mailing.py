"""Letters over SMTP: built with the standard library's `email`, sent with `smtplib`.

The message id is made from the work's key, so a letter that is sent again after a crash between the server's answer
and our note of it is the same letter to every mail system (RFC 5322, 3.6.4), which most of them then show once.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from actions.outbox import Entry
from common.clock import local_now
from common.errors import SetupProblem
from common.settings import Settings

__all__ = ["TOPIC", "Mailer"]

TOPIC = "notice.mail"
_TIMEOUT_S = 20


class Mailer:
    """Sends letters by the server of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def ready(self) -> bool:
        """Whether a server and a sender are set."""
        return bool(self._settings.smtp_host and self._settings.mail_from)

    def on_mail(self, entry: Entry) -> None:
        """The work `notice.mail`. Raises smtplib.SMTPException or OSError when the server does not take it."""
        if not self.ready:
            raise SetupProblem("Chưa đặt ISEE_SMTP_HOST và ISEE_MAIL_FROM nên không gửi được thư điện tử.")
        letter = self._letter(entry)
        with self._server() as server:
            server.send_message(letter)

    def _letter(self, entry: Entry) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        letter["Subject"] = entry.payload["subject"]
        letter["From"] = Address(display_name="iSee", addr_spec=self._settings.mail_from)
        letter["To"] = Address(addr_spec=entry.payload["to"])
        letter["Date"] = format_datetime(local_now())
        host = urlsplit(self._settings.base_url).hostname or "localhost"
        letter["Message-ID"] = f"<{hashlib.sha256(entry.key.encode()).hexdigest()[:40]}@{host}>"
        # Out-of-office robots stay silent (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(entry.payload["body"])
        return letter

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        chosen = self._settings
        tls = ssl.create_default_context()
        if chosen.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                chosen.smtp_host, chosen.smtp_port, timeout=_TIMEOUT_S, context=tls)
        else:
            server = smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=_TIMEOUT_S)
        with server:
            if chosen.smtp_security == "starttls":
                server.starttls(context=tls)
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
            yield server
