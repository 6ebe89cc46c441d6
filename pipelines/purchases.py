"""Which signals tell a buyer's rhythm, for projects whose customers leave by not ordering any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.config import Project

if TYPE_CHECKING:
    import pandas as pd

    from training.purchase_process import PurchaseColumns

ORDERS_SO_FAR = "orders__orders_so_far__ever"
DAYS_SINCE_FIRST = "orders__days_since_first__ever"
DAYS_SINCE_LAST = "orders__days_since_last__ever"


def purchase_columns(project: Project, signals: pd.DataFrame) -> PurchaseColumns | None:
    """Give the columns from which BG/NBD learns, or none.

    Parameters
    ----------
    project
        The project.
    signals
        Signals of the panel.

    Returns
    -------
    PurchaseColumns or None
        None where it is switched off, where leaving is anything but silence in orders, or where a signal is excluded.
    """
    from training.purchase_process import PurchaseColumns

    columns = PurchaseColumns(ORDERS_SO_FAR, DAYS_SINCE_FIRST, DAYS_SINCE_LAST)
    present = all(name in signals for name in columns.names)
    return columns if project.train.purchase_process and _leaves_by_not_ordering(project) and present else None


def _leaves_by_not_ordering(project: Project) -> bool:
    churn = [] if project.label is None else project.label.churn
    return bool(churn) and all(own.kind == "inactivity" and own.table == "orders" for own in churn)
