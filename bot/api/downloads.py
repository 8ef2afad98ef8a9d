"""A citizen's file handed out: saved, never shown by the browser under our origin."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from actions.dossiers.attachments.uploads import Upload

__all__ = ["download"]


def download(upload: Upload) -> Response:
    """The file as an attachment (RFC 6266); whatever it is, nothing of it runs here."""
    extension = upload.name.rpartition(".")[2]
    name = f"filename=\"tep.{extension}\"; filename*=UTF-8''{quote(upload.name, safe='')}"
    headers = {
        "Content-Disposition": f"attachment; {name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(upload.content, media_type=upload.type, headers=headers)
