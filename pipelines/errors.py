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
        return " ".join(ended(part) for part in parts if part)


def ended(sentence: str) -> str:
    """End a sentence with a full stop, unless it has an end.

    >>> ended("nothing in ../data"), ended("is it there?")
    ('nothing in ../data.', 'is it there?')
    """
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


class ConfigError(ChurnLabError):
    """The configuration or the command line is wrong."""

    exit_code = 2


class DataError(ChurnLabError):
    """The data cannot be read or used as they are."""

    exit_code = 3


class ConnectionFailed(ChurnLabError):
    """A database or service does not answer, or refuses."""

    exit_code = 4


class Refused(ConnectionFailed):
    """A database or service does not serve, and no waiting changes that: its address, a name or a password is wrong."""


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


class Busy(ChurnLabError):
    """Another command writes to the project's workspace."""

    exit_code = 9


class Stale(ChurnLabError):
    """The scores are missing, too old or incomplete, or the last job failed; only ``churnlab status`` says so."""

    exit_code = 10


_NO_ROOM = "Could not write file"
"""What DuckDB says within errors of other kinds, such as a commit that failed, when the disk is full."""


def refusal(error: BaseException) -> ConnectionFailed | None:
    """Say in our words what the machine refused: a folder, a full disk, memory; ``None`` for anything else.

    >>> str(refusal(PermissionError(13, "Permission denied", "workspace")))
    'workspace: Permission denied. Do: check the rights and the space left there, then run again.'
    """
    import shutil

    import duckdb

    do = "check the rights and the space left there, then run again"
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        _, place, why = error.args[0][0]  # of a folder that was copied, each file that failed
        return ConnectionFailed(f"{place}: {why}", do=do)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return ConnectionFailed(f"{place}{error.strerror}", do=do)
    if isinstance(error, duckdb.IOException) or (isinstance(error, duckdb.Error) and _NO_ROOM in str(error)):
        return ConnectionFailed(f"The warehouse cannot be read or written: {_first_line(error)}", do=do)
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return ConnectionFailed("The memory of this machine does not suffice", do="end other programs, then run again")
    return None


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]
