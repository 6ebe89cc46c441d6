"""The measures of periods, of all customers and by segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from features.tables import USAGE_EVENTS
from pipelines.business.material import Material
from pipelines.business.segments import by_rfm_class, by_stage, by_tier
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.business.flows import Base, Segmentation
    from evaluation.business.periods import Periods

ATTRIBUTES = ("industry", "company_size", "region", "channel")


def measured(
    material: Material, base: Base, periods: Periods, several: Sequence[Segmentation]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure periods.

    Parameters
    ----------
    material
        The project's tables.
    base
        Its customers.
    periods
        The periods.
    several
        Divisions of the customers.

    Returns
    -------
    tuple of pandas.DataFrame
        Sums (`evaluation.business.flows.flows`) and rates (`evaluation.business.measures.rates`).
    """
    from evaluation.business.flows import flows
    from evaluation.business.measures import rates

    sums = flows(base, periods, several)
    found = rates(sums, minimum_customers=material.project.measures.minimum_customers)
    return sums.drop(columns=[name for name in sums if str(name).startswith("_")]), found


def segmentations(
    material: Material, base: Base, periods: Periods, by: Sequence[str] | None = None
) -> list[Segmentation]:
    """Divide the customers in every way that the data allow, or in some.

    Raises
    ------
    ConfigError
        If one that is asked for is not there.
    """
    makers = _makers(material, base, periods)
    unknown = [name for name in by or () if name not in makers]
    if unknown:
        raise ConfigError(
            f"There is no segmentation '{unknown[0]}' in these data",
            allowed=nearest(unknown[0], makers),
            do="choose one",
        )
    return [makers[name]() for name in (makers if by is None else by)]


def _makers(material: Material, base: Base, periods: Periods) -> Mapping[str, Callable[[], Segmentation]]:
    from evaluation.business.periods import QUARTER_MONTHS, microseconds
    from evaluation.business.segmentations import by_attribute, by_plan, by_tenure, by_usage

    edges, customers = microseconds(periods.edges), material.attributes(base)
    there = [name for name in ATTRIBUTES if name in customers and customers[name].notna().any()]
    makers: dict[str, Callable[[], Segmentation]] = {
        name: partial(by_attribute, name, customers[name]) for name in there
    }
    terms, frame = base.terms, material.terms_frame
    if terms is not None and frame is not None and frame["plan"].notna().any():
        makers["plan"] = partial(by_plan, terms, frame["plan"], len(customers), edges)
    makers |= {
        "tenure": partial(by_tenure, base.spells, edges),
        "lifecycle_stage": partial(by_stage, material, base, periods),
    }
    if USAGE_EVENTS.name in material.tables and base.activity is not None:
        since = microseconds(periods.edges_back(QUARTER_MONTHS))
        makers["usage"] = partial(by_usage, base.activity, base.spells, edges, since)
    if base.orders is not None:
        makers["rfm_class"] = partial(by_rfm_class, material, base, periods)
    if base.terms is not None or base.orders is not None:
        makers["tier"] = partial(by_tier, material, base, periods)
    return makers
