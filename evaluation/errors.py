"""The error that every measure raises for input it cannot judge."""

from __future__ import annotations


class JudgementError(ValueError):
    """The rows or settings given cannot be judged; the message says what was given, what is allowed and what to do."""
