"""The error tree of iSee. Every error that a person may see derives from `ISeeError`.

ISeeError                     500  something failed on our side
├── InvalidInput              422  what was sent cannot be used; says which field and why
│   └── InvalidGuide          422  a guide file is wrong; carries file, line, field
├── NotAuthenticated          401  no or wrong credential
├── Forbidden                 403  a valid credential that does not cover this
├── NotFound                  404  no such thing (or not yours: the two look alike on purpose)
├── Conflict                  409  the state has moved on; reload and decide again
├── TooSlow                   408  the request did not come in time
├── TooLarge                  413  over a size limit; names the limit
├── TooManyRequests           429  rate limit; carries `retry_after` seconds
├── NotReady                  503  a part is starting or down; try again
└── SetupProblem              500  the installation is incomplete; says which command mends it
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "Conflict",
    "Forbidden",
    "ISeeError",
    "InvalidGuide",
    "InvalidInput",
    "NotAuthenticated",
    "NotFound",
    "NotReady",
    "SetupProblem",
    "TooLarge",
    "TooManyRequests",
    "TooSlow",
]


class ISeeError(Exception):
    """Base of all errors; `detail` is a sentence for the person who caused or meets it."""

    status = 500
    title = "Lỗi hệ thống"

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra

    def problem(self) -> dict[str, Any]:
        """The RFC 9457 problem document of this error."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


class InvalidInput(ISeeError):
    status = 422
    title = "Dữ liệu chưa hợp lệ"


class InvalidGuide(InvalidInput):
    """A guide that cannot be accepted. `file`, `line` (1-based) and `field` say where."""

    title = "Hướng dẫn chưa hợp lệ"

    def __init__(self, detail: str, *, file: str = "", line: int = 0, field: str = "") -> None:
        super().__init__(detail, file=file, line=line, field=field)
        self.file, self.line, self.field = file, line, field

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line or "") if part)
        return " ".join(
            part for part in (f"{where}:" if where else "", f"{self.field}:" if self.field else "", self.detail) if part
        )


class NotAuthenticated(ISeeError):
    status = 401
    title = "Chưa xác thực"


class Forbidden(ISeeError):
    status = 403
    title = "Không có quyền"


class NotFound(ISeeError):
    status = 404
    title = "Không tìm thấy"


class Conflict(ISeeError):
    status = 409
    title = "Trạng thái đã thay đổi"


class TooSlow(ISeeError):
    status = 408
    title = "Quá thời gian chờ"


class TooLarge(ISeeError):
    status = 413
    title = "Vượt quá giới hạn"


class TooManyRequests(ISeeError):
    status = 429
    title = "Quá nhiều yêu cầu"

    def __init__(self, detail: str, retry_after: float = 60.0) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


class NotReady(ISeeError):
    status = 503
    title = "Chưa sẵn sàng"


class SetupProblem(ISeeError):
    title = "Cài đặt chưa đầy đủ"
