"""Who takes part in an experiment, written down before anybody is contacted; and who is never contacted at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.config_experiments import ExperimentPlan
from pipelines.warehouse import actions
from pipelines.warehouse import experiments as ledger
from pipelines.warehouse.duckdb_file import transaction

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from evaluation.model.bootstrap import Interval

HOLD_OUT = "hold_out"
"""Name by which the lasting hold-out is drawn; changing it would draw other customers."""


def held_out(customers: Sequence[str], share: float) -> npt.NDArray[np.bool_]:
    """Tell who belongs to the lasting hold-out: nobody may contact them, so that models learn what would happen anyway.

    Parameters
    ----------
    customers
        Ids.
    share
        ``experiments.hold_out_share``.

    Returns
    -------
    numpy.ndarray
        Shape (customers,); the same for a customer at any time, and growing with the share.
    """
    from evaluation.action.assignment import drawn_points

    return drawn_points(HOLD_OUT, customers) < share


def arms_in(connection: Any, experiments: Collection[str]) -> dict[str, str]:
    """Give the arm of every customer of some experiments on one playbook; nobody is in two of them."""
    rows = [ledger.rows_of(connection, ledger.ASSIGNMENTS, name) for name in experiments]
    return {customer: arm for each in rows for customer, arm in zip(each["customer_id"], each["arm"], strict=True)}


def eligible(
    connection: Any, name: str, plan: ExperimentPlan, hold_out_share: float, others: Collection[str] = ()
) -> pd.DataFrame:
    """Give the customers whom an experiment is for; who had its action of late is not among them.

    Parameters
    ----------
    connection
        The warehouse.
    name, plan
        The experiment.
    hold_out_share
        ``experiments.hold_out_share``; they are left out.
    others
        Further experiments on the same playbook; who has an arm in one of them is left out.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``as_of``, ``band``, ``probability``, ``value``, by customer.
    """
    found = connection.execute(
        "SELECT customer_id, as_of, band, probability, value FROM scores.churn_scores_current "
        "WHERE list_contains(?, band) ORDER BY customer_id",
        [plan.bands],
    ).df()
    is_free = ~held_out(list(found["customer_id"]), hold_out_share) & _may_take_part(connection, name, plan, found)
    if others:
        is_free &= ~found["customer_id"].isin(arms_in(connection, others)).to_numpy()
    return found[is_free].reset_index(drop=True)


def assign_customers(connection: Any, name: str, plan: ExperimentPlan, customers: pd.DataFrame) -> pd.DataFrame:
    """Deal as `deal` does, in a transaction of its own."""
    with transaction(connection):
        return deal(connection, name, plan, customers)


def deal(connection: Any, name: str, plan: ExperimentPlan, customers: pd.DataFrame) -> pd.DataFrame:
    """Give customers their arm, and write those who are new into the ledger; the one place that decides an arm.

    Parameters
    ----------
    connection
        The warehouse, in a transaction that also holds whatever follows from the arms.
    name, plan
        The experiment.
    customers
        ``customer_id``, ``as_of``, ``band``, ``probability``, ``value``.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``stratum``, ``arm``, ``is_new`` of those who take part; those of earlier days keep their arm,
        whatever has changed. Newcomers who had the action of late do not take part.
    """
    from evaluation.action.assignment import assign, two_arms

    ledger.create(connection)
    known = ledger.rows_of(connection, ledger.ASSIGNMENTS, name)
    customers = customers[_may_take_part(connection, name, plan, customers)]
    places = _places_left(plan, len(known), customers, set(known["customer_id"]))
    found = assign(name, list(places["customer_id"]), list(places["band"]), two_arms(plan.control_share), known)
    new = found.assign(
        experiment=name,
        assigned_at=places["as_of"].to_numpy(),
        score_before=places["probability"].to_numpy(),
        value_before=places["value"].to_numpy(dtype=float, na_value=float("nan")),
    )
    ledger.add(connection, ledger.ASSIGNMENTS, new[new["is_new"]])
    return found


def _may_take_part(connection: Any, name: str, plan: ExperimentPlan, customers: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell who is in already, or had no action of the playbook within the days in which the outcome is looked at.

    Whoever had one under no experiment, or will have it, would be no control.
    """
    last = customers["customer_id"].map(actions.last_planned(connection, plan.playbook))
    since = customers["as_of"] - timedelta(days=plan.window_days)
    acted_on = last.astype("datetime64[us]") > since
    known = customers["customer_id"].isin(arms_in(connection, [name]))
    return (known | ~acted_on).to_numpy(dtype=bool)


def _places_left(plan: ExperimentPlan, assigned: int, customers: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """Keep those who are in already and, between first and last day and up to the size, newcomers in random order."""
    from evaluation.action.assignment import drawn_points

    is_known = customers["customer_id"].isin(known)
    is_open = customers["band"].isin(plan.bands) & customers["as_of"].map(lambda at: _is_open(plan, at))
    new = customers[~is_known & is_open.astype(bool)]
    if plan.size is not None:
        order = drawn_points("enters", list(new["customer_id"])).argsort(kind="stable")
        new = new.iloc[order[: max(plan.size - assigned, 0)]].sort_values("customer_id")
    import pandas as pd

    return pd.concat([customers[is_known], new], ignore_index=True)


def _is_open(plan: ExperimentPlan, at: datetime) -> bool:
    """Tell whether newcomers are taken in at an instant."""
    return plan.starts_on <= at.date() and (plan.ends_on is None or at.date() < plan.ends_on)


def is_over(plan: ExperimentPlan, assigned: int, measured: int, today: datetime) -> bool:
    """Tell whether an experiment has reached its end: all of its customers' outcomes are known.

    Parameters
    ----------
    plan
        The experiment.
    assigned, measured
        Customers with an arm, and those whose outcome is known.
    today
        Instant up to which the data are complete.
    """
    if measured < assigned or not assigned:
        return False
    return measured >= plan.size if plan.size is not None else plan.ends_on is not None and today.date() >= plan.ends_on


def is_settled(plan: ExperimentPlan, looks: tuple[float, float], roi: Interval | None) -> bool:
    """Tell whether an experiment without an end can be decided.

    Parameters
    ----------
    plan
        The experiment.
    looks
        Ends of the effect on staying that hold however often one looks.
    roi
        Return on cost with the interval that holds however often one looks; none where it is not known.

    Returns
    -------
    bool
        Whether the return (without one, the effect) lies on one side of 0, or the effect is known more closely than
        the smallest one that matters.
    """
    low, high = (roi.low, roi.high) if roi else looks
    return low > 0 or high < 0 or (looks[1] - looks[0]) / 2 <= plan.smallest_effect
