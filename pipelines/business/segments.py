"""Segments that change: RFM class, stage, tier and plan at each edge, the newest of each customer, and the moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.business.material import Material
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.business.flows import Base, Segmentation
    from evaluation.business.periods import Periods

RFM_COLUMNS = ("recency_days", "frequency", "monetary")
SCORES = ("recency_score", "frequency_score", "monetary_score")


def rfm_limits(material: Material) -> Any:
    """Give the limits of the scores that the project sets; None for fifths."""
    from evaluation.business.rfm import RfmEdges

    given = material.project.measures.rfm
    return None if given is None else RfmEdges(given["recency_days"], given["frequency"], given["monetary"])


def by_rfm_class(material: Material, base: Base, periods: Periods) -> Segmentation:
    """Divide customers by what they bought in the months before each edge."""
    from evaluation.business.periods import microseconds
    from evaluation.business.rfm import by_rfm

    assert base.orders is not None
    since = microseconds(periods.edges_back(base.revenue_months))
    return by_rfm(base.orders, microseconds(periods.edges), since, rfm_limits(material))


def by_stage(material: Material, base: Base, periods: Periods) -> Segmentation:
    """Divide customers by where in their life they are at each edge."""
    import numpy as np

    from evaluation.business.flows import Segmentation
    from evaluation.business.lifecycle import STAGES, stages
    from evaluation.business.periods import microseconds

    settings, rows = material.project.measures, []
    for edge, instant in enumerate(microseconds(periods.edges)):
        now, before = _quarters(base, periods, edge)
        limits = {"new_days": settings.new_days, "change_share": settings.change_share}
        rows.append(stages(base.spells, int(instant), now, before, **limits))
    return Segmentation("lifecycle_stage", tuple(STAGES), np.array(rows))


def by_tier(material: Material, base: Base, periods: Periods) -> Segmentation:
    """Divide customers by their revenue at each edge."""
    import numpy as np

    from evaluation.business.flows import Segmentation, monthly_revenue
    from evaluation.business.lifecycle import tiers
    from evaluation.business.periods import microseconds

    revenue, shares = monthly_revenue(base, periods), material.project.measures.tiers
    assert revenue is not None
    found = [
        tiers(revenue(edge), base.spells.here(int(instant)), shares)
        for edge, instant in enumerate(microseconds(periods.edges))
    ]
    return Segmentation("tier", found[0][0], np.array([place for _, place in found]))


def customer_segments(material: Material, base: Base, periods: Periods, several: list[Segmentation]) -> pd.DataFrame:
    """Say of every customer in which segments it is at the end of the last period, and what that rests on."""
    import numpy as np
    import pandas as pd

    from evaluation.business.flows import monthly_revenue
    from evaluation.business.periods import days_between, microseconds

    instant, spells = int(microseconds(periods.edges)[-1]), base.spells
    tenure = days_between(spells.first_began, instant)
    frame = pd.DataFrame({"customer_id": spells.customers.astype("str"), "as_of": periods.edges[-1]})
    frame["is_customer"] = spells.here(instant)
    for each in several:
        names = np.array([*each.segments, None], dtype=object)
        frame[each.name] = pd.array(names[each.place[-1]], dtype="str")
    frame["tenure_days"] = np.where(tenure > 0, tenure, np.nan)
    revenue = monthly_revenue(base, periods)
    frame["monthly_revenue"] = np.nan if revenue is None else revenue(len(periods))
    frame = frame.join(_rfm_columns(material, base, periods))
    return frame.assign(cluster=_clustered(material, frame))


def tags(material: Material, segments: pd.DataFrame) -> pd.DataFrame:
    """Give the tags that customers have by the rules of the project: ``customer_id`` and ``tag``.

    Raises
    ------
    ConfigError
        If a rule asks for something that is not there.
    """
    from evaluation.business.tags import tagged
    from evaluation.errors import JudgementError

    try:
        return tagged(segments, material.project.measures.tags)
    except JudgementError as error:
        raise ConfigError(f"measures.tags: {error}", do="correct the rule") from error


def _quarters(base: Base, periods: Periods, edge: int) -> tuple[Any, Any]:
    """Revenue now and a quarter before: of contracts at the two instants, of orders in the two quarters."""
    import numpy as np

    from evaluation.business.periods import QUARTER_MONTHS, microseconds

    customers = len(base.spells.customers)
    instants = [int(microseconds(periods.edges_back(back))[edge]) for back in (0, QUARTER_MONTHS, 2 * QUARTER_MONTHS)]
    if base.terms is not None:
        return base.terms.monthly_at(instants[0], customers), base.terms.monthly_at(instants[1], customers)
    if base.orders is None or instants[2] < base.begin:
        return np.full(customers, np.nan), np.full(customers, np.nan)
    return base.orders.added(instants[1], instants[0]), base.orders.added(instants[2], instants[1])


def _rfm_columns(material: Material, base: Base, periods: Periods) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    from evaluation.business.periods import microseconds
    from evaluation.business.rfm import Rfm, rfm_scores

    if base.orders is None:
        return pd.DataFrame(np.nan, index=range(len(base.spells.customers)), columns=[*RFM_COLUMNS, *SCORES])
    instant, since = (int(microseconds(each)[-1]) for each in (periods.edges, periods.edges_back(base.revenue_months)))
    found = Rfm.at(base.orders, instant, since)
    scores = dict(zip(SCORES, rfm_scores(found, rfm_limits(material)), strict=True))
    return pd.DataFrame({name: getattr(found, name) for name in RFM_COLUMNS} | scores)


def _clustered(material: Material, frame: pd.DataFrame) -> Any:
    """Group of each customer who is one, by what it buys or pays and for how long; missing where none is looked for."""
    import numpy as np

    from evaluation.business.clusters import clusters
    from evaluation.errors import JudgementError

    most = material.project.measures.most_clusters
    compared = [name for name in (*RFM_COLUMNS, "monthly_revenue", "tenure_days") if frame[name].notna().any()]
    if most < 2 or not compared:
        return np.nan
    columns = frame[compared].to_numpy(dtype=np.float64)
    columns[~frame["is_customer"].to_numpy()] = np.nan
    try:
        place = clusters(columns, most=most, seed=material.project.train.seed)
    except JudgementError as error:
        raise ConfigError(str(error), do="set measures.most_clusters to 0") from error
    return np.where(place < 0, np.nan, place)
