"""What each customer is still worth, for the value at risk of a score: one function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from features.tables import CONTRACTS, KNOWN_AT, ORDERS
from pipelines.business.material import Material
from pipelines.config import Project

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir

    from evaluation.business.lifetime_purchases import Buyers

CONTRACT, PURCHASES = "contract_survival", "purchase_process"
COLUMNS = ("customer_id", "as_of", "value", "low", "high", "method")
DAYS_A_WEEK, WEEKS_A_YEAR = 7.0, 365.25 / 7


def customer_values(engine: Any, tables: Mapping[str, ir.Table], project: Project, as_of: datetime) -> pd.DataFrame:
    """Give the expected discounted margin of everybody who is scored, by what was known before an instant.

    Parameters
    ----------
    engine
        Ibis backend on the warehouse.
    tables
        Accepted canonical tables by name, as `pipelines.panel.canonical_tables` gives them.
    project
        The project; `measures.lifetime_months`, `measures.discount_share` and `evaluate.margin_share` count.
    as_of
        UTC without zone.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``as_of``, ``value``, ``low``, ``high`` (currency of the project, 0 or more) and ``method``:
        ``contract_survival`` with contracts (monthly price x margin x how long customers of this tenure stay), else
        ``purchase_process`` with orders (purchases to come by BG/NBD x spend by Gamma-Gamma x margin). Customers whose
        value cannot be told are not in it; it is empty where the data bring neither table or nobody bought twice.
    """
    material = _known_before(engine, tables, project, as_of)
    found = _frame([], as_of, [], [], [], "")
    if CONTRACTS.name in tables:
        found = _of_contracts(_known_before(engine, tables, _by_contract(project), as_of), as_of)
    if found.empty and ORDERS.name in tables:
        found = _of_purchases(material, as_of)
    return found[found["customer_id"].isin(_scored(material, as_of))].reset_index(drop=True)


def _known_before(engine: Any, tables: Mapping[str, ir.Table], project: Project, as_of: datetime) -> Material:
    """Give the tables as they stood at an instant, where nothing after it is known."""
    from training.labels.outcome import Window

    assert project.label is not None
    known = {
        name: rows.filter(rows[KNOWN_AT] < as_of) if KNOWN_AT in rows.columns else rows for name, rows in tables.items()
    }
    window = Window(project.label.horizon_days, project.label.gap_days, as_of)
    return Material(project, engine, known, as_of, window)


def _by_contract(project: Project) -> Project:
    """Give the project with leaving as contracts say it, whatever else leaving is: that is what ends the payments."""
    from pipelines.config_label import ContractualChurn

    assert project.label is not None
    churn = [each for each in project.label.churn if isinstance(each, ContractualChurn)]
    only = churn[:1] or [ContractualChurn(kind="contractual", grace_days=0)]
    return project.model_copy(update={"label": project.label.model_copy(update={"churn": only})})


def _of_contracts(material: Material, as_of: datetime) -> pd.DataFrame:
    import numpy as np

    from evaluation.business.lifetime_contracts import life_table, months_ahead, tenure_months
    from evaluation.business.periods import microseconds
    from evaluation.business.revenue import Terms

    if material.spells_frame().empty:
        return _frame([], as_of, [], [], [], CONTRACT)
    spells, instant = material.spells([as_of]), int(microseconds([as_of])[0])
    assert material.terms_frame is not None
    monthly = Terms.of(material.terms_frame).monthly_at(instant, len(spells.customers))
    covering = spells.covering(instant)
    began = np.full(len(spells.customers), instant)
    began[spells.customer[covering]] = spells.began[covering]
    here = spells.who(covering) & (monthly > 0)
    tenure = tenure_months(began, instant)[here]
    settings = material.project.measures
    ahead = months_ahead(
        life_table(spells, instant, int(microseconds([material.recorded_since])[0])),
        most_tenure=int(tenure.max(initial=0)),
        lifetime_months=settings.lifetime_months,
        discount_share=settings.discount_share,
    )
    margin = monthly[here] * material.project.evaluate.margin_share
    value, low, high = (margin * months[tenure] for months in (ahead.expected, ahead.low, ahead.high))
    return _frame(spells.customers[here], as_of, value, low, high, CONTRACT)


def _of_purchases(material: Material, as_of: datetime) -> pd.DataFrame:
    import numpy as np

    from evaluation.business.lifetime_purchases import lifetime_values
    from evaluation.errors import JudgementError
    from training.errors import TrainingError

    ids, buyers = _buyers(material, as_of)
    settings = material.project.measures
    years = settings.lifetime_months / 12
    stretches = np.append(np.arange(1, np.ceil(years)), years)
    try:
        purchases, spend = _fitted(buyers)
    except (TrainingError, JudgementError):
        return _frame([], as_of, [], [], [], PURCHASES)
    values = lifetime_values(
        purchases,
        spend,
        buyers,
        years=stretches,
        unit_a_year=WEEKS_A_YEAR,
        discount_share=settings.discount_share,
        margin_share=material.project.evaluate.margin_share,
    )
    return _frame(ids, as_of, *values, PURCHASES)


def _scored(material: Material, as_of: datetime) -> set[str]:
    """Who is scored: the label's risk set, in which silence that measures count by makes nobody leave."""
    from pipelines.outcomes import outcomes
    from training.labels.outcome import risk_set

    assert material.project.label is not None
    people = risk_set(outcomes(material.project.label.churn), material.tables, [as_of])
    return set(material.engine.to_pandas(people)["customer_id"])


def _buyers(material: Material, as_of: datetime) -> tuple[Any, Buyers]:
    """Purchases of each customer by day: orders of a day are one purchase, as the models count them."""
    from evaluation.business.lifetime_purchases import Buyers

    orders = material.tables[ORDERS.name]
    given_back = orders.refund_amount.fill_null(0.0) if "refund_amount" in orders.columns else 0.0
    days = orders.mutate(day=orders.ordered_at.truncate("D"), paid=orders.amount - given_back)
    days = days.group_by("customer_id", "day").aggregate(paid=days.paid.sum())
    first = days.group_by("customer_id").aggregate(first=days.day.min())
    rest = days.inner_join(first, "customer_id")
    found = rest.group_by("customer_id").aggregate(
        first=rest["first"].min(),
        last=rest.day.max(),
        days=rest.count(),
        paid=rest.paid.sum(where=rest.day > rest["first"]),
    )
    frame = material.engine.to_pandas(found.order_by("customer_id"))
    repeats = frame["days"].to_numpy(dtype=float) - 1
    span = (frame["last"] - frame["first"]).dt.days.to_numpy(dtype=float) / DAYS_A_WEEK
    age = (as_of - frame["first"]).dt.total_seconds().to_numpy() / 86_400 / DAYS_A_WEEK
    spend = frame["paid"].fillna(0).to_numpy(dtype=float) / repeats.clip(min=1)
    return frame["customer_id"].astype(object), Buyers(repeats, span, age, spend)


def _fitted(buyers: Buyers) -> tuple[Any, Any]:
    """Fit both models, with what their parameters leave open."""
    import numpy as np

    from evaluation.business.lifetime_purchases import fit_spend, spend_log_likelihood, with_uncertainty
    from training.purchase_process import PurchaseProcess, Rhythm, fit_purchase_process

    rhythm = Rhythm(buyers.repeats, buyers.span, buyers.age)
    process = fit_purchase_process(rhythm)
    at = np.log([process.r, process.alpha, process.a, process.b])

    def log_likelihood(log_parameters: Any) -> float:
        return float(PurchaseProcess(*np.exp(log_parameters)).log_likelihood(rhythm).sum())

    spend = fit_spend(buyers)
    return (
        with_uncertainty(at, log_likelihood),
        with_uncertainty(spend, lambda log_parameters: spend_log_likelihood(log_parameters, buyers)),
    )


def _frame(ids: Any, as_of: datetime, value: Any, low: Any, high: Any, method: str) -> pd.DataFrame:
    import pandas as pd

    columns = {"customer_id": ids, "as_of": as_of, "value": value, "low": low, "high": high, "method": method}
    frame = pd.DataFrame(columns, columns=list(COLUMNS))
    return frame.astype(
        {"customer_id": "str", "as_of": "datetime64[us]", "value": "float64", "low": "float64", "high": "float64"}
    )
