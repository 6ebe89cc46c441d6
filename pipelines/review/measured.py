"""Sees to it that the customer base is measured for the months that the data cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.business.book import FLOWS, refresh
from pipelines.business.material import material_of
from pipelines.business.tables import has_table
from pipelines.config import Project

if TYPE_CHECKING:
    from pipelines.business.material import Material

_TOLD = "SELECT DISTINCT period, starts_at, ends_at FROM business.customer_flows ORDER BY starts_at"


def measured_months(project: Project) -> list[str]:
    """Give the whole months of the data in which leaving is on record; measure them first where that was not done.

    Raises
    ------
    NotReady
        If no tables have been accepted.
    ConfigError
        If the project is one flat table, or its data hold no whole month.
    """
    with material_of(project) as material:
        told = _told(material)
        is_whole = _is_whole(material, told)
    if not is_whole:
        refresh(project)
        with material_of(project) as material:
            told = _told(material)
    return [name for name, _, _ in told]


def _told(material: Material) -> list[tuple[str, Any, Any]]:
    """Give the months that were measured last, each with its ends."""
    connection = material.engine.con
    return connection.execute(_TOLD).fetchall() if has_table(connection, FLOWS) else []


def _is_whole(material: Material, told: list[tuple[str, Any, Any]]) -> bool:
    """Whether the months reach to the end of the data, and begin at midnights of the project's zone."""
    from evaluation.business.periods import month_of

    zone = material.project.measures.zone
    ends = [(told[-1][2], material.window.data_end), (told[0][1], told[0][1])] if told else []
    return bool(ends) and all(edge == month_of(instant, zone) for edge, instant in ends)
