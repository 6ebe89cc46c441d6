"""Lines of the YAML that say what leaving is, chosen from the span and the rhythm of the data."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.ingest.sql import identifier
from pipelines.propose.proposal import Line
from pipelines.propose.reading_lines import time_sql
from pipelines.propose.recognise import Match

_HORIZONS_DAYS = (30, 60, 90, 180)
_USUAL_HORIZON_DAYS = 90
_CONTRACT_HORIZON_DAYS = 60
_HISTORY_DAYS = 180
_LEAST_HISTORY_DAYS = 30
_TWO_YEARS_DAYS = 730
_BY_SILENCE = ("orders", "usage_events", "payments", "interactions", "tickets", "stock", "feedback", "deals")


@dataclass(frozen=True)
class Rhythm:
    """How long the facts of a table reach, and how far apart a customer's are.

    Parameters
    ----------
    span_days
        From the first to the last fact.
    gap_days
        Median over customers of the mean days between two days with a fact; ``None`` where nobody has two.
    """

    span_days: float
    gap_days: float | None


def label_block(matches: list[Match]) -> tuple[Line, ...]:
    """Write the section ``label``."""
    by_table = {match.table.name: match for match in matches}
    if "contracts" in by_table:
        span_days = _rhythm(by_table["contracts"]).span_days
        churn = Line("churn", [(Line("kind", "contractual"), Line("grace_days", 0))], "notice given, or no new term")
        return (churn, *_horizon(_CONTRACT_HORIZON_DAYS, "the usual one for contracts", span_days))
    table = next(name for name in _BY_SILENCE if name in by_table)
    rhythm = _rhythm(by_table[table])
    return (_silence(table, rhythm), *_horizon(*_silence_horizon(rhythm), rhythm.span_days))


def _silence(table: str, rhythm: Rhythm) -> Line:
    is_long = rhythm.span_days >= _TWO_YEARS_DAYS
    why = "two years of data or more" if is_long else "under two years of data: any fact before counts"
    lines = (
        Line("kind", "inactivity"),
        Line("table", table),
        Line("activity_days", 365 if is_long else None, why),
    )
    return Line("churn", [lines], f"no contracts: a customer leaves in silence, without a row in {table}")


def _silence_horizon(rhythm: Rhythm) -> tuple[int, str]:
    if rhythm.gap_days is None:
        return _USUAL_HORIZON_DAYS, "nobody came twice, so that no rhythm can be seen"
    horizon_days = next((days for days in _HORIZONS_DAYS if days >= rhythm.gap_days), _HORIZONS_DAYS[-1])
    return horizon_days, f"half of the customers come again within {rhythm.gap_days:.0f} days on average"


def _horizon(wanted_days: int, why: str, span_days: float) -> list[Line]:
    """Shorten the window and the history where the data are short."""
    fitting = [days for days in _HORIZONS_DAYS if days <= min(wanted_days, span_days / 4)]
    horizon_days = fitting[-1] if fitting else _HORIZONS_DAYS[0]
    is_short = horizon_days < wanted_days or not fitting
    doubt = f"the data span only {span_days:.0f} days" if is_short else why
    history_days = int(max(_LEAST_HISTORY_DAYS, min(_HISTORY_DAYS, span_days / 3)))
    lines = [Line("horizon_days", horizon_days, doubt, is_short)]
    if history_days < _HISTORY_DAYS:
        lines.append(Line("minimum_history_days", history_days, f"a third of {span_days:.0f} days of data"))
    return lines


def _rhythm(match: Match) -> Rhythm:
    looked = match.looked
    moment = time_sql(looked, match.columns[match.table.happened_at])
    customer = identifier(match.columns["customer_id"].name)
    facts = looked.table.project(f"{customer} AS customer, {moment} AS moment").filter("moment IS NOT NULL")
    days = "min(moment) AS first, max(moment) AS last, count(DISTINCT CAST(moment AS DATE)) AS days"
    per_customer = facts.aggregate(f"customer, {days}", "customer")
    gap = "median(epoch(last - first) / 86400 / (days - 1)) FILTER (days > 1)"
    row = per_customer.aggregate(f"epoch(max(last) - min(first)) / 86400, {gap}").fetchone() or (0, None)
    return Rhythm(float(row[0] or 0), None if row[1] is None else float(row[1]))
