"""The process that opens what strangers send, under limits of memory and time, and dies with what kills it.

Called by `sandbox.py`: the task on the command line, the file on standard input; on standard output one line of
JSON, then the cleaned content. It needs no key, no database and no setting.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import suppress

from actions.dossiers.attachments.kinds import Unusable, kind_of

__all__ = ["main"]

_MEMORY = 1_500_000_000
_CPU_S = 20


def main() -> None:
    """One task: `image`, `pdf`, `card`, or `view` with the number of a page."""
    for what, limit in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _CPU_S), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a system that knows no such limit: the caller's clock still runs
            resource.setrlimit(what, (limit, limit))
    content = sys.stdin.buffer.read()
    try:
        head, body = _done(sys.argv[1], content, *map(int, sys.argv[2:]))
    except Unusable as problem:
        head, body = {"problem": problem.key, "values": problem.values}, b""
    except (MemoryError, RecursionError):
        head, body = {"problem": "too_heavy", "values": {}}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


def _done(task: str, content: bytes, page: int = 1) -> tuple[dict[str, object], bytes]:
    kind = kind_of(content)
    if kind is None:
        raise Unusable("type")
    # Imported for the task alone: a PDF needs no picture library, and starting is most of the time.
    if task == "pdf":
        from actions.dossiers.attachments import pdfs

        pdfs.check(content)
        return {"kind": "pdf"}, content
    if task == "view":
        from actions.dossiers.attachments import views

        pages, drawn = views.draw(content, kind, page)
        return {"pages": pages}, drawn
    from actions.dossiers.attachments import images

    if kind == "pdf":
        raise Unusable("type")
    if task == "image":
        stored, cleaned = images.clean(content, kind)
        return {"kind": stored}, cleaned
    from actions.dossiers.attachments import codes

    return {"codes": codes.read(images.opened(content, kind))}, b""


if __name__ == "__main__":
    main()
