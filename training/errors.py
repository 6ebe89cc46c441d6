"""The one kind of error that training raises for what a person can put right."""

from __future__ import annotations


class TrainingError(ValueError):
    """Training cannot go on with what it was given.

    Parameters
    ----------
    given
        What was found.
    allowed
        What would have been accepted.
    action
        What the person can do next.
    """

    def __init__(self, given: str, allowed: str, action: str) -> None:
        self.given = given
        self.allowed = allowed
        self.action = action
        super().__init__(f"{given}; allowed: {allowed}. To address this, {action}.")


class MissingLibrary(TrainingError):
    """A model of a family whose library is not installed."""
