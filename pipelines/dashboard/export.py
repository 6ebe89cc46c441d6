"""The list of customers as a file that a spreadsheet program opens without running anything."""

from __future__ import annotations

import csv
import io

from evaluation.gates.words import Words
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.screen import Screen
from pipelines.mart.tables import CHURN_LATEST
from pipelines.report.names import band
from pipelines.report.spreadsheet import as_cell
from pipelines.warehouse.sql import identifier, statement

COLUMNS = (
    "customer_id",
    "customer_name",
    "owner",
    "industry",
    "company_size",
    "region",
    "score_date",
    "probability",
    "risk_band",
    "risk_rank",
    "value_at_risk",
    "monthly_value",
    "previous_probability",
)
REASON = Words("Reason {place}", "原因 {place}")
MOST_ROWS = 200_000
"""More is for BI tools: a browser holds the file in memory."""


def csv_of(screen: Screen, filters: Filters) -> bytes:
    """Write the customers that filters leave, UTF-8 with a mark that Excel understands, no cell a formula."""
    reasons = [f"reason_{place}_{screen.language}" for place in (1, 2, 3)]
    labels = {column.name: column.label for column in CHURN_LATEST.columns}
    head = [screen.say(labels[name]) for name in COLUMNS]
    head += [screen.say(REASON).format(place=place) for place in (1, 2, 3)]
    chosen = ", ".join(identifier(name) for name in (*COLUMNS, *reasons))
    condition, values = filters.condition
    query = statement("SELECT", chosen, "FROM churn_latest WHERE", condition, "ORDER BY", filters.ordered_by, "LIMIT ?")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    with screen.mart() as mart:
        for row in mart.rows(query, [*values, MOST_ROWS]):
            row["risk_band"] = screen.say(band(row["risk_band"], screen.project.value_names).words)
            writer.writerow([as_cell(value) for value in row.values()])
    return text.getvalue().encode("utf-8-sig")
