"""What can go wrong for a user, each with its exit code and a message of three parts."""

from __future__ import annotations


class ChurnLabError(Exception):
    """A failure that a person can act on.

    Parameters
    ----------
    given
        What was found, in one clause.
    allowed
        What would have been right.
    do
        What to do next.
    """

    exit_code = 1

    def __init__(self, given: str, *, allowed: str = "", do: str = "") -> None:
        self.given, self.allowed, self.do = given, allowed, do
        super().__init__(given)

    def __str__(self) -> str:
        parts = [self.given, f"Allowed: {self.allowed}" if self.allowed else "", f"Do: {self.do}" if self.do else ""]
        return " ".join(part if part.endswith((".", "?")) else f"{part}." for part in parts if part)


class ConfigError(ChurnLabError):
    """The configuration or the command line is wrong."""

    exit_code = 2


class DataError(ChurnLabError):
    """The data cannot be read or used as they are."""

    exit_code = 3


class ConnectionFailed(ChurnLabError):
    """A database or service does not answer, or refuses."""

    exit_code = 4


class NotReady(ChurnLabError):
    """Something that must come first is missing: an artifact, a champion."""

    exit_code = 5


class NothingToLearn(ChurnLabError):
    """The tables are readable, but no honest model can come of them."""

    exit_code = 6


class GateFailed(ChurnLabError):
    """A model was judged and may not be promoted."""

    exit_code = 7


class Incomplete(ChurnLabError):
    """The work ended, but part of it failed and is named."""

    exit_code = 8
