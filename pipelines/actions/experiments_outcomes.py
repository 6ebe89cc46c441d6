"""What became of the customers of an experiment: reached, retained, bought again, revenue, cost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.config_experiments import ExperimentPlan
from pipelines.warehouse.actions import SCHEMA, create
from pipelines.warehouse.experiments import OUTCOMES
from pipelines.warehouse.sql import identifier

if TYPE_CHECKING:
    import pandas as pd

_ORDERS = """
SELECT a.customer_id, count(*) AS orders, coalesce(sum(o.amount), 0) AS revenue
FROM _assigned a JOIN {orders} o ON o.customer_id = a.customer_id
AND o.ordered_at >= a.assigned_at AND o.ordered_at < a.measured_until GROUP BY ALL
"""
_ACTIONS = """
SELECT a.customer_id, bool_or(p.state IN ('sent', 'delivered')) AS sent, bool_or(p.state = 'planned') AS unknown,
       coalesce(sum(p.cost) FILTER (p.state NOT IN ('failed', 'expired')), 0) AS cost
FROM _assigned a JOIN {schema}.planned_actions p ON p.customer_id = a.customer_id AND p.playbook = ?
AND p.arm <> 'control' AND p.as_of >= a.assigned_at AND p.planned_for < a.measured_until GROUP BY ALL
"""
_CONTACTS = """
SELECT DISTINCT a.customer_id FROM _assigned a JOIN {interactions} i ON i.customer_id = a.customer_id
AND i.happened_at >= a.assigned_at AND i.happened_at < a.measured_until AND list_contains(?, i.kind)
"""


def over(assignments: pd.DataFrame, plan: ExperimentPlan, data_end: datetime) -> pd.DataFrame:
    """Keep the customers whose window is over, with its end as ``measured_until``."""
    until = assignments["assigned_at"] + timedelta(days=plan.window_days)
    return assignments.assign(measured_until=until)[until <= data_end].reset_index(drop=True)


def outcomes(
    connection: Any, plan: ExperimentPlan, finished: pd.DataFrame, left: pd.DataFrame, tables: set[str], schema: str
) -> pd.DataFrame:
    """Say what happened to customers whose window is over.

    Parameters
    ----------
    connection
        The warehouse.
    plan
        The experiment.
    finished
        What `over` gives.
    left
        ``customer_id`` and ``cutoff`` of those who left within the window after the cutoff.
    tables, schema
        Accepted tables and where they are; what needs a table that is not there stays empty.

    Returns
    -------
    pandas.DataFrame
        Columns of the table of outcomes.
    """
    connection.register("_assigned", finished)
    try:
        bought = _bought(connection, tables, schema)
        acted = _acted(connection, plan)
        contacted = _contacted(connection, plan, tables, schema)
    finally:
        connection.unregister("_assigned")
    gone = left.rename(columns={"cutoff": "assigned_at"}).assign(gone=True)
    keys = finished.merge(gone, how="left", on=["customer_id", "assigned_at"])
    rows = finished.assign(retained=keys["gone"].isna().to_numpy())
    ids = rows["customer_id"]
    rows["repurchased"] = ids.isin(bought.index) if bought is not None else None
    rows["revenue"] = ids.map(bought["revenue"]).fillna(0.0) if bought is not None else float("nan")
    return _treated(rows, plan, acted, contacted)[list(OUTCOMES.columns)]


def _treated(rows: pd.DataFrame, plan: ExperimentPlan, acted: pd.DataFrame, contacted: set[str] | None) -> pd.DataFrame:
    """Say who was reached and what it cost: by the actions that were decided, and by contacts that are on record."""
    is_treated = rows["arm"] == "treated"
    known = acted.reindex(rows["customer_id"]).set_axis(rows.index)
    reached = is_treated & known["sent"].eq(True)
    unknown = is_treated & ~reached & (known["unknown"].eq(True) | acted.empty)
    if contacted is not None:
        reached, unknown = reached | (is_treated & rows["customer_id"].isin(contacted)), unknown & False
    cost = known["cost"].astype(float).fillna(plan.contact_cost).where(reached | unknown, 0.0)
    return rows.assign(reached=reached.astype(object).mask(unknown, None), cost=cost)


def _bought(connection: Any, tables: set[str], schema: str) -> pd.DataFrame | None:
    if "orders" not in tables:
        return None
    return connection.execute(_ORDERS.format(orders=identifier(schema, "orders"))).df().set_index("customer_id")


def _acted(connection: Any, plan: ExperimentPlan) -> pd.DataFrame:
    """Give what became of the actions of the playbook, by customer."""
    create(connection)
    return connection.execute(_ACTIONS.format(schema=SCHEMA), [plan.playbook]).df().set_index("customer_id")


def _contacted(connection: Any, plan: ExperimentPlan, tables: set[str], schema: str) -> set[str] | None:
    if "interactions" not in tables or not plan.reached_by:
        return None
    statement = _CONTACTS.format(interactions=identifier(schema, "interactions"))
    return {row[0] for row in connection.execute(statement, [plan.reached_by]).fetchall()}
