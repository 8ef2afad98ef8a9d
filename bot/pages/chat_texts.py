"""The chat page's own words, from `chat.yml`, in Vietnamese and English."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Texts", "texts"]


@dataclass(frozen=True)
class Texts:
    """Words of one language. In templates `t.send` and `t("older")` are the same; values go in by name."""

    language: str
    by_key: dict[str, Any]

    def __call__(self, key: str, **values: Any) -> str:
        """The words `key` with `values` filled in. Raises KeyError for a key that isn't there."""
        return str(self.by_key[key]).format(**values)

    def __getattr__(self, key: str) -> Any:
        try:
            return self.by_key[key]
        except KeyError as error:
            raise AttributeError(key) from error


@cache
def texts(language: str) -> Texts:
    """The words of `language` ("vi" or "en")."""
    loaded = yaml.safe_load((Path(__file__).parent / "chat.yml").read_text("utf-8"))
    return Texts(language, loaded[language])
