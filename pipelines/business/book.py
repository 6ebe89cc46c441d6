"""The door to all that is measured about the customer base: pandas frames with stable column names.

`refresh` computes everything and writes it to the warehouse; the functions that take a connection read what was
written, fast enough for a screen. docs/guides/measures.md lists the tables and their columns.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.business.tables import read_table
from pipelines.config import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from evaluation.business.flows import Base, Segmentation
    from evaluation.business.periods import Periods, Unit
    from pipelines.business.material import Material
    from pipelines.config_measures import Yardstick

FLOWS, RATES, YARDSTICKS = "customer_flows", "measures", "yardsticks"
SEGMENTS, TAGS, MOVEMENTS = "customer_segments", "customer_tags", "segment_movements"
COHORTS, SURVIVAL, SURVIVAL_TESTS = "cohort_retention", "survival", "survival_tests"
NODES, REASONS, VALUES = "lifecycle_nodes", "leaving_reasons", "customer_value"


def refresh(project: Project) -> dict[str, pd.DataFrame]:
    """Compute everything for the project's accepted tables and write it to the schema ``business``.

    Returns
    -------
    dict of str to pandas.DataFrame
        What was written, by table.
    """
    from pipelines.business.material import material_of
    from pipelines.business.tables import replace_tables
    from pipelines.lock import workspace_lock
    from pipelines.warehouse.duckdb_file import warehouse

    with workspace_lock(project.home, "measures"):
        with material_of(project) as material:
            frames = computed(material)
        with warehouse(project.home) as connection:
            replace_tables(connection, frames)
    return frames


def computed(material: Material) -> dict[str, pd.DataFrame]:
    """Compute every table without writing it."""
    import pandas as pd

    from evaluation.business.cohorts import cohort_retention
    from evaluation.business.movement import movements
    from pipelines.business import lives, segments
    from pipelines.business.monthly import segmentations
    from pipelines.business.value import customer_values

    periods = material.periods()
    base = material.base(periods)
    several = segmentations(material, base, periods)
    frames = _told(material, base, periods, several)
    frames[SEGMENTS] = segments.customer_segments(material, base, periods, several)
    frames[TAGS] = segments.tags(material, frames[SEGMENTS])
    moving = [each for each in several if len(each.place) > 1]
    frames[MOVEMENTS] = pd.concat([movements(each, periods.names) for each in moving], ignore_index=True)
    frames[COHORTS] = cohort_retention(base.spells, periods, material.project.measures.minimum_customers)
    frames[SURVIVAL], frames[SURVIVAL_TESTS] = lives.survival(
        material, base, [each for each in several if len(each.place) == 1]
    )
    frames[NODES] = lives.nodes(material, base)
    frames[REASONS] = lives.reasons(material, periods)
    frames[VALUES] = customer_values(material.engine, material.tables, material.project, periods.edges[-1])
    return frames


def in_periods(
    material: Material,
    first: datetime | None = None,
    last: datetime | None = None,
    unit: Unit = "month",
    by: Sequence[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Measure periods: tables ``customer_flows``, ``measures`` and ``yardsticks``.

    Parameters
    ----------
    material
        The project's tables.
    first, last
        UTC without zone; the whole periods between them. By default those since leaving is on record, the latest.
    unit
        ``month``, ``quarter``, ``year``, or ``all`` for one period.
    by
        Segmentations; all by default.
    """
    from pipelines.business.monthly import segmentations

    periods = material.periods(first, last, unit)
    base = material.base(periods)
    return _told(material, base, periods, segmentations(material, base, periods, by))


def _told(material: Material, base: Base, periods: Periods, several: Sequence[Segmentation]) -> dict[str, pd.DataFrame]:
    from evaluation.business.yardsticks import beside_yardstick
    from pipelines.business.monthly import measured

    sums, rates = measured(material, base, periods, several)
    name, yardstick = yardstick_of(material)
    beside = beside_yardstick(rates, *yardstick, months=periods.months)
    return {FLOWS: sums, RATES: rates, YARDSTICKS: beside.assign(yardstick=name)}


def yardstick_of(material: Material) -> tuple[str, Yardstick]:
    """Give the name and the limits of what is healthy for the project."""
    settings = material.project.measures
    usual = "saas" if "contracts" in material.tables else "consumer_retail"
    name = settings.yardstick or (usual if usual in settings.yardsticks else next(iter(settings.yardsticks)))
    return name, settings.yardsticks[name]


def measures(connection: Any, segmentation: str = "all", measure: str | None = None) -> pd.DataFrame:
    """Read rates over time.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    segmentation
        ``all`` for the whole, or ``industry``, ``plan`` and so on.
    measure
        One measure; all by default.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``starts_at``, ``ends_at``, ``segmentation``, ``segment``, ``measure``, ``value``, ``low``,
        ``high``, ``count``, ``verdict``.
    """
    wanted = {"segmentation": segmentation} | ({} if measure is None else {"measure": measure})
    return read_table(connection, RATES, wanted)


def flows(connection: Any, segmentation: str = "all") -> pd.DataFrame:
    """Read sums over time: who was there, came, left and came back, and monthly revenue likewise."""
    return read_table(connection, FLOWS, {"segmentation": segmentation})


def yardsticks(connection: Any, segmentation: str = "all") -> pd.DataFrame:
    """Read churn rates beside what is healthy.

    Returns
    -------
    pandas.DataFrame
        The columns of `measures`, with ``yardstick_low``, ``yardstick_high`` (for a period as long), ``standing``
        (``better``, ``within``, ``worse``, ``not sure``) and ``yardstick``, its name.
    """
    return read_table(connection, YARDSTICKS, {"segmentation": segmentation})


def segments(connection: Any) -> pd.DataFrame:
    """Read the segments of every customer at the end of the last period, and what they rest on."""
    return read_table(connection, SEGMENTS)


def tags(connection: Any) -> pd.DataFrame:
    """Read the tags that customers have by the rules of the project."""
    return read_table(connection, TAGS)


def movements(connection: Any, segmentation: str) -> pd.DataFrame:
    """Read how many customers moved from which segment to which, period by period."""
    return read_table(connection, MOVEMENTS, {"segmentation": segmentation})


def cohorts(connection: Any) -> pd.DataFrame:
    """Read the triangle of retention: cohort, age in periods, share still there."""
    return read_table(connection, COHORTS)


def survival(connection: Any, segmentation: str = "all") -> pd.DataFrame:
    """Read the share of customers who stay so many months, with its interval."""
    return read_table(connection, SURVIVAL, {"segmentation": segmentation})


def survival_tests(connection: Any) -> pd.DataFrame:
    """Read whether the segments of each kind stay differently long."""
    return read_table(connection, SURVIVAL_TESTS)


def nodes(connection: Any) -> pd.DataFrame:
    """Read how often customers leave around the nodes of their life, beside other times."""
    return read_table(connection, NODES)


def reasons(connection: Any) -> pd.DataFrame:
    """Read why customers left, period by period."""
    return read_table(connection, REASONS)


def values(connection: Any) -> pd.DataFrame:
    """Read what each customer is still worth at the end of the last period."""
    return read_table(connection, VALUES)
