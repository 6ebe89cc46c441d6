"""What a gate is, and what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from evaluation.gates.evidence import Evidence
from evaluation.gates.words import Words

Severity = Literal["block", "warn"]
Status = Literal["passed", "failed", "warned", "not_applicable"]
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """What one gate found; every text in English and Chinese.

    Parameters
    ----------
    code
        Code of the gate, such as ``CHN001``.
    severity
        ``block``: a failure stops the promotion; ``warn``: it is only shown.
    status
        ``passed``, ``failed``, ``warned`` or ``not_applicable``.
    title, found, why, do
        What the gate looks at, what it saw (or why it does not apply), why that matters, what to do about it.
    title_zh, found_zh, why_zh, do_zh
        The same in Chinese.
    """

    code: str
    severity: Severity
    status: Status
    title: str
    found: str
    why: str
    do: str
    title_zh: str
    found_zh: str
    why_zh: str
    do_zh: str

    @property
    def blocks(self) -> bool:
        """Whether a model with this finding must not be promoted."""
        return self.status == "failed"


@dataclass(frozen=True, kw_only=True)
class Gate(ABC):
    """A check that a model passes before it may be used; its fields are its limits, which a project may set.

    Parameters
    ----------
    severity
        ``block`` or ``warn``: what a failure means.
    """

    code: ClassVar[str]
    title: ClassVar[Words]
    why: ClassVar[Words]
    do: ClassVar[Words]
    severity: Severity = "block"

    @abstractmethod
    def check(self, evidence: Evidence) -> Finding:
        """Look at the evidence.

        Raises
        ------
        NotApplicableError
            When a part of the evidence that the gate needs was not given.
        JudgementError
            When the rows given cannot be judged.
        """

    def passed(self, found: Words) -> Finding:
        """Say that all is well."""
        return self._finding("passed", found)

    def failed(self, found: Words) -> Finding:
        """Say that the model failed; a gate of severity ``warn`` only warns."""
        return self._finding("failed" if self.severity == "block" else "warned", found)

    def warned(self, found: Words) -> Finding:
        """Say that something may be wrong but chance could explain it."""
        return self._finding("warned", found)

    def not_applicable(self, reason: Words) -> Finding:
        """Say why the gate has nothing to look at."""
        return self._finding("not_applicable", reason)

    def _finding(self, status: Status, found: Words) -> Finding:
        return Finding(
            code=self.code,
            severity=self.severity,
            status=status,
            title=self.title.en,
            found=found.en,
            why=self.why.en,
            do=self.do.en,
            title_zh=self.title.zh,
            found_zh=found.zh,
            why_zh=self.why.zh,
            do_zh=self.do.zh,
        )


def shown(items: Iterable[str]) -> str:
    """List the first few items and how many more there are."""
    every = list(items)
    more = len(every) - SHOWN
    return ", ".join(every[:SHOWN]) + (f" (+{more})" if more > 0 else "")
