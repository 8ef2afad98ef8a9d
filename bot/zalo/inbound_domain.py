"""Proof for Zalo that the domain is ours: a meta tag in the home page, and a file that holds the same tag."""

from __future__ import annotations

__all__ = ["verification_tag", "with_tag"]


def verification_tag(code: str) -> str:
    """The meta tag; "" where no code is set. Codes are plain ASCII by their setting, so nothing needs escaping."""
    return f'<meta name="zalo-platform-site-verification" content="{code}">' if code else ""


def with_tag(page: str, code: str) -> str:
    """`page` with the tag at the end of its head."""
    return page.replace("</head>", f"{verification_tag(code)}</head>", 1) if code else page
