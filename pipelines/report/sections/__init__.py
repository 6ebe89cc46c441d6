"""The parts of the model's report, one file each, in the order in which they are read.

A part is a function ``section`` that takes what was judged and gives a section, or nothing where the judgement does not
hold what it tells of. To add one: write the file, and put it into the list.
"""

from __future__ import annotations

from collections.abc import Callable

from pipelines.report.blocks import Section
from pipelines.report.sections import (
    calibration,
    data,
    gates,
    horizons,
    limits,
    money,
    over_time,
    portrait,
    ranking,
    reasons,
    segments,
)
from pipelines.report.terms import Judged

SECTIONS: tuple[Callable[[Judged], Section | None], ...] = (
    ranking.section,
    money.section,
    portrait.section,
    reasons.section,
    segments.section,
    over_time.section,
    calibration.section,
    horizons.section,
    data.section,
    gates.section,
    limits.section,
)


def sections(judged: Judged) -> list[Section]:
    """Give the parts that there is something to tell in."""
    return [made for make in SECTIONS if (made := make(judged)) is not None]
