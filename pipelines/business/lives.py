"""How long customers stay, cohort by cohort and segment by segment; when in their life they leave; and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from features.tables import CONTRACTS, ORDERS, TABLES, TICKETS
from pipelines.business.material import Material

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.business.flows import Base, Segmentation
    from evaluation.business.periods import Periods
    from evaluation.business.survival import Lifetimes

QUARTER_TERM_DAYS, YEAR_TERM_DAYS = (80, 100), (350, 380)
CURVE_MONTHS = 60
ALL = "all"


def survival(material: Material, base: Base, several: Sequence[Segmentation]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the share of customers who stay so many months, of all and by segments that do not change.

    Returns
    -------
    tuple of pandas.DataFrame
        Curves: ``segmentation``, ``segment``, ``month``, ``survival``, ``low``, ``high``, ``at_risk``, ``customers``.
        Comparisons: ``segmentation``, ``statistic``, ``degrees``, ``p_value`` of the log-rank test.
    """
    import pandas as pd

    from evaluation.business.survival import Lifetimes, log_rank

    lives = Lifetimes.of(base.spells, *_bounds(material))
    curves, tests = [_curve(lives, ALL, ALL)], []
    for each in several:
        groups = dict(_groups(material, lives, each))
        curves += [_curve(group, each.name, name) for name, group in groups.items()]
        if len(groups) > 1:
            found = log_rank(groups)
            tests.append((each.name, found.statistic, found.degrees, found.p_value))
    compared = pd.DataFrame(tests, columns=["segmentation", "statistic", "degrees", "p_value"])
    return pd.concat(curves, ignore_index=True), compared


def nodes(material: Material, base: Base) -> pd.DataFrame:
    """Compare leaving around the nodes of a customer's life with leaving at other times.

    Returns
    -------
    pandas.DataFrame
        ``node``, ``from_day``, ``to_day``, ``left``, ``customer_days``, ``rate`` (a 30-day rate), ``left_else``,
        ``customer_days_else``, ``rate_else``, ``ratio``, ``low``, ``high``.
    """
    import pandas as pd

    from evaluation.business.nodes import hazard_around

    data_end, recorded_since = _bounds(material)
    rows = []
    for node, (start, end) in material.project.measures.nodes.items():
        windows = _windows(material, node, start, end)
        if windows is not None:
            found = hazard_around(base.spells, windows, recorded_since, data_end)
            around = (found.left, found.days, found.rate, found.left_else, found.days_else, found.rate_else)
            rows.append((node, start, end, *around, found.ratio, found.low, found.high))
    columns = ("node", "from_day", "to_day", "left", "customer_days", "rate")
    more = ("left_else", "customer_days_else", "rate_else", "ratio", "low", "high")
    return pd.DataFrame(rows, columns=[*columns, *more])


def reasons(material: Material, periods: Periods) -> pd.DataFrame:
    """Count why customers left: ``period``, ``reason``, ``source``, ``customers``, ``share``, ``low``, ``high``."""
    import ibis
    import numpy as np
    import pandas as pd

    from evaluation.business.reasons import reason_shares
    from evaluation.business.reasons import reasons as found_reasons

    spells = material.spells_frame(periods.edges)
    gone = spells[spells["ended"].notna()][["customer_id", "ended"]]
    edges = np.array(periods.edges, dtype="datetime64[us]")
    place = np.searchsorted(edges, gone["ended"].to_numpy(dtype="datetime64[us]"), side="right") - 1
    inside = (place >= 0) & (place < len(periods))
    gone, place = gone[inside].reset_index(drop=True), place[inside]
    frame = material.engine.to_pandas(found_reasons(ibis.memtable(gone), material.tables))
    names = pd.Series(np.array(periods.names)[place], index=pd.MultiIndex.from_frame(gone), name="period")
    return reason_shares(frame.join(names, on=["customer_id", "ended"]))


def _bounds(material: Material) -> tuple[int, int]:
    """End of the data, and since when leaving is on record, in microseconds."""
    from evaluation.business.periods import microseconds

    end, since = microseconds([material.window.data_end, material.recorded_since])
    return int(end), int(since)


def _groups(material: Material, lives: Lifetimes, segmentation: Segmentation) -> Iterator[tuple[str, Lifetimes]]:
    """Lifetimes by segment, of segments that are large enough."""
    import numpy as np

    place = segmentation.place[0][lives.customer]
    for number, name in enumerate(segmentation.segments):
        chosen = place == number
        if len(np.unique(lives.customer[chosen])) >= material.project.measures.minimum_customers:
            yield name, lives.take(chosen)


def _curve(lives: Lifetimes, segmentation: str, segment: str) -> pd.DataFrame:
    import numpy as np

    from evaluation.business.lifetime_contracts import DAYS_A_MONTH
    from evaluation.business.survival import kaplan_meier, survival_at

    months = np.arange(CURVE_MONTHS + 1)
    last = float(lives.days.max(initial=0.0))
    found = survival_at(kaplan_meier(lives), (months * DAYS_A_MONTH).astype(np.float64), last).drop(columns="days")
    found.insert(0, "month", months)
    found.insert(0, "segment", segment)
    found.insert(0, "segmentation", segmentation)
    return found.assign(customers=len(np.unique(lives.customer))).dropna(subset="survival")


def _windows(material: Material, node: str, start: int, end: int) -> Any:
    """Stretches around a node; None where the data do not bring what it is told by."""
    import numpy as np

    from evaluation.business.nodes import Windows

    found = _instants(material, node)
    if found is None:
        return None
    instants = found["at"].to_numpy(dtype="datetime64[us]")
    first, last = (instants + np.timedelta64(days, "D") for days in (start, end))
    return Windows(found["place"].to_numpy(), first.astype(np.int64), last.astype(np.int64))


def _instants(material: Material, node: str) -> pd.DataFrame | None:
    """When a node is reached: ``place`` of the customer and ``at``."""
    tables = material.tables
    if node == "first_purchase" and ORDERS.name in tables:
        orders = tables[ORDERS.name]
        first = orders.group_by("customer_id").aggregate(at=orders[TABLES[ORDERS.name].happened_at].min())
        return material.placed(first)
    if node == "complaint" and TICKETS.name in tables:
        tickets = tables[TICKETS.name]
        complaints = tickets.filter(tickets.ticket_type == "complaint")
        return material.placed(complaints.select("customer_id", at=complaints.opened_at))
    if node in ("quarterly_renewal", "yearly_expiry") and CONTRACTS.name in tables:
        return _expiries(material, QUARTER_TERM_DAYS if node == "quarterly_renewal" else YEAR_TERM_DAYS)
    return None


def _expiries(material: Material, length_days: tuple[int, int]) -> pd.DataFrame:
    """Agreed ends of terms of some length, whether or not they were renewed."""
    contracts = material.tables[CONTRACTS.name]
    days = contracts.ends_at.epoch_seconds() - contracts.started_at.epoch_seconds()
    paid = contracts.filter(~contracts.is_trial.fill_null(False), contracts.ends_at.notnull())
    chosen = paid.filter(days / 86_400 >= length_days[0], days / 86_400 <= length_days[1])
    return material.placed(chosen.select("customer_id", at=chosen.ends_at))
