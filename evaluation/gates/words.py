"""A text in both languages of the readers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One text in English and Chinese."""

    en: str
    zh: str

    def __add__(self, other: Words) -> Words:
        return Words(f"{self.en} {other.en}".strip(), self.zh + other.zh)


NOTHING = Words("", "")
