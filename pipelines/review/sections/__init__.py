"""The parts of the review, one file each, in the order in which they are read.

A part is a function ``section`` that takes the figures and says in one sentence what they mean, then draws them, then
gives them as a table. A part without figures says what is missing and which command brings it.
"""

from __future__ import annotations

from collections.abc import Callable

from pipelines.report.blocks import Section
from pipelines.review.figures.facts import Facts
from pipelines.review.sections import base, brought, changes, customers, done, made, next_month, why

SECTIONS: tuple[Callable[[Facts], Section], ...] = (
    base.section,
    changes.section,
    why.section,
    customers.section,
    done.section,
    brought.section,
    next_month.section,
    made.section,
)


def sections(facts: Facts) -> list[Section]:
    """Give all parts."""
    return [make(facts) for make in SECTIONS]
