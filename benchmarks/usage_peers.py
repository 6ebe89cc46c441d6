"""The usage signals that read rows, in other ways than ours: two-stage SQL, one filter each, polars, pandas.

Each contestant reads the Parquet file of usage events, and writes one row a customer with the same 65 columns. Where
several aggregates give one column, such as a share, the contestant computes it from aggregates that it made itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import log
from pathlib import Path
from typing import Any

KINDS = {"logins": "login", "feature_uses": "feature", "exports": "export", "errors": "error", "setups": "setup"}
KINDS["community_visits"] = "community"
COUNTED = {
    "events": (7, 14, 21, 28, 30, 35, 42, 49, 56, 60, 63, 70, 77, 84, 90, 120, 150, 180, 365),
    "logins": (7, 14, 28, 30, 60, 90),
    "feature_uses": (30, 90),
    "exports": (30, 90),
    "errors": (30, 90),
    "community_visits": (90,),
    "minutes": (7, 30, 60, 90),
    "minutes_known": (30, 90),
    "weekend": (90,),
    **{f"weekday_{day}": (90,) for day in range(7)},
}
EDGES = sorted(COUNTED["events"])
SINCE = {"last": None, "login": "login", "feature_use": "feature", "export": "export", "community": "community"}
SINCE["setup"] = "setup"
DAYS = {"active_days": (7, 30, 60, 90)}
DIFFERENT = {"features_used": (30, 90, 365), "users": (30, 90), "kinds_of_use": (90,), "setup_steps": (365,)}
VALUES = {"features_used": "feature", "users": "user_id", "kinds_of_use": "event_type", "setup_steps": "feature"}
PLAIN = ("events", "logins", "feature_uses", "exports", "errors", "community_visits", "minutes")
DECAYED = {"decayed_14": (14, None), "decayed_56": (56, None), "logins_decayed": (30, "login")}
MICROSECONDS = 86_400_000_000


def formulas(
    get: Callable[[str], Any], ratio: Callable[[Any, Any], Any], plogp: Callable[[Any], Any]
) -> dict[str, Any]:
    """Give every column from aggregates; ratios by zero are null, as is evenness without rows."""
    made = {f"usage__{name}__{days}d": get(f"{name}_{days}") for name in PLAIN for days in COUNTED[name]}
    made |= {
        f"usage__{name}__{days}d": get(f"{name}_{days}") for name, all_ in (DAYS | DIFFERENT).items() for days in all_
    }
    made |= {f"usage__days_since_{name}__ever": get(f"since_{name}") for name in (*SINCE, "first")}
    made |= {f"usage__error_share__{days}d": ratio(get(f"errors_{days}"), get(f"events_{days}")) for days in (30, 90)}
    for days in (30, 90):
        made[f"usage__session_minutes_mean__{days}d"] = ratio(get(f"minutes_{days}"), get(f"minutes_known_{days}"))
    made["usage__session_minutes_max__90d"] = get("minutes_max_90")
    made["usage__weekend_share__90d"] = ratio(get("weekend_90"), get("events_90"))
    spread = [plogp(ratio(get(f"weekday_{day}_90"), get("events_90"))) for day in range(7)]
    made["usage__weekday_evenness__90d"] = ratio(sum(spread[1:], start=spread[0]), log(7))
    made["usage__gap_days_mean__90d"] = ratio(get("since_first_90") - get("since_last_90"), get("active_days_90") - 1)
    made["usage__fading__ever"] = ratio(get("decayed_14") * 56, get("decayed_56") * 14)
    made["usage__logins_decayed__ever"] = get("logins_decayed")
    made["usage__never_set_up__ever"] = get("never_set_up")
    return made


def sql_rows(path: Path, cutoff: datetime, days: int = 0) -> str:
    """Rows before the cutoff, of the last days or all, with their age and what the aggregates look at."""
    recent = f" AND happened_at >= TIMESTAMP '{cutoff - timedelta(days=days)}'" if days else ""
    return f"""
        SELECT customer_id, event_type, feature, user_id, duration_minutes, happened_at,
            epoch_us(TIMESTAMP '{cutoff}') - epoch_us(happened_at) AS age,
            isodow(happened_at) - 1 AS weekday, (age - 1) // {MICROSECONDS} AS day
        FROM '{path}' WHERE happened_at < TIMESTAMP '{cutoff}'{recent}"""


def _sql_aggregate(name: str, where: str) -> str:
    """One aggregate over the rows for which a condition holds."""
    if name == "minutes":
        return f"sum(CASE WHEN {where} THEN duration_minutes END)"
    conditions = {kind: f"event_type = '{value}'" for kind, value in KINDS.items()}
    conditions |= {f"weekday_{day}": f"weekday = {day}" for day in range(7)}
    conditions |= {"events": "true", "minutes_known": "duration_minutes IS NOT NULL", "weekend": "weekday >= 5"}
    return f"count(CASE WHEN {conditions[name]} AND {where} THEN 1 END)"


def _sql_ever() -> dict[str, str]:
    """Aggregates over the whole history."""
    kind = {name: f"CASE WHEN event_type = '{value}' THEN age END" for name, value in SINCE.items() if value}
    ever = {f"since_{name}": f"min({kind.get(name, 'age')})" for name in SINCE}
    ever["since_first"] = "max(age)"
    for name, (half_life, value) in DECAYED.items():
        where = f"CASE WHEN event_type = '{value}' THEN age END" if value else "age"
        ever[name] = f"sum(pow(0.5, {where} / {half_life * MICROSECONDS}.0))"
    return ever


def _sql_finish(source: str, out: Path) -> str:
    made = formulas(_SqlTerm, lambda above, below: _SqlTerm(f"{above} / nullif({below}, 0)"), _sql_plogp)
    chosen = ", ".join(f"{value} AS {name}" for name, value in made.items())
    return f"COPY (SELECT customer_id, {chosen} FROM ({source})) TO '{out}' (FORMAT parquet)"


def _sql_plogp(share: Any) -> Any:
    return _SqlTerm(f"CASE WHEN {share} = 0 THEN 0 ELSE -({share}) * ln({share}) END")


class _SqlTerm:
    """An SQL expression with arithmetic."""

    def __init__(self, text: str) -> None:
        self._text = f"({text})"

    def __str__(self) -> str:
        return self._text

    def __add__(self, other: object) -> _SqlTerm:
        return _SqlTerm(f"{self} + {other}")

    def __sub__(self, other: object) -> _SqlTerm:
        return _SqlTerm(f"{self} - {other}")

    def __mul__(self, other: object) -> _SqlTerm:
        return _SqlTerm(f"{self} * {other}")


def two_stage_sql(connection: Any, path: Path, cutoff: datetime, out: Path) -> None:
    """First by customer and band (and day, and value), then windows from these."""
    rows, recent = sql_rows(path, cutoff), sql_rows(path, cutoff, 90)
    band = "CASE " + " ".join(f"WHEN age <= {days * MICROSECONDS} THEN {days}" for days in EDGES) + " ELSE 9999 END"
    ever = _sql_ever()
    parts = {name: _sql_aggregate(name, "true") for name in (*COUNTED, "setups")} | ever
    parts |= {"minutes_max": "max(duration_minutes)"}
    made = ", ".join(f"{text} AS {name}" for name, text in parts.items())
    connection.execute(
        f"CREATE TEMP TABLE bands AS SELECT customer_id, {band} AS band, {made} FROM ({rows}) GROUP BY ALL"
    )
    connection.execute(f"CREATE TEMP TABLE days AS SELECT customer_id, day FROM ({recent}) GROUP BY ALL")
    for name, value in {"feature": "feature", "user_id": "users"}.items():
        reach = 365 if name == "feature" else 90
        setup = ", min(CASE WHEN event_type = 'setup' THEN age END) AS setup" if name == "feature" else ""
        connection.execute(
            f"CREATE TEMP TABLE {value} AS SELECT customer_id, {name}, min(age) AS age{setup} "
            f"FROM ({sql_rows(path, cutoff, reach)}) WHERE {name} IS NOT NULL GROUP BY customer_id, {name}"
        )
    connection.execute(
        f"CREATE TEMP TABLE kinds AS SELECT customer_id, event_type, min(age) AS age "
        f"FROM ({recent}) GROUP BY customer_id, event_type"
    )
    connection.execute(_sql_finish(_sql_second_stage(ever), out))


def _sql_second_stage(ever: dict[str, str]) -> str:
    def inside(name: str, days: int) -> str:
        return f"coalesce(sum(CASE WHEN band <= {days} THEN {name} END), 0) AS {name}_{days}"

    def values(table: str, name: str, column: str = "age") -> str:
        counts = ", ".join(
            f"count(CASE WHEN {column} <= {d * MICROSECONDS} THEN 1 END) AS {name}_{d}" for d in DIFFERENT[name]
        )
        return f"(SELECT customer_id, {counts} FROM {table} GROUP BY customer_id) AS {name}"

    windows = [inside(name, days) for name, all_days in COUNTED.items() for days in all_days]
    how = {name: "sum" if name in DECAYED else "max" if name == "since_first" else "min" for name in ever}
    scale = {name: "" if name in DECAYED else f" / {MICROSECONDS}.0" for name in ever}
    whole = [f"{how[name]}({name}){scale[name]} AS {name}" for name in ever]
    whole += [
        "max(CASE WHEN band <= 90 THEN minutes_max END) AS minutes_max_90",
        "(sum(setups) = 0)::DOUBLE AS never_set_up",
    ]
    whole += [f"max(CASE WHEN band <= 90 THEN since_first END) / {MICROSECONDS}.0 AS since_first_90"]
    whole += [f"min(CASE WHEN band <= 90 THEN since_last END) / {MICROSECONDS}.0 AS since_last_90"]
    active = ", ".join(
        f"count(CASE WHEN day < {days} THEN 1 END) AS active_days_{days}" for days in DAYS["active_days"]
    )
    counted = [f"{name}_{days}" for name, all_days in (DAYS | DIFFERENT).items() for days in all_days]
    filled = ", ".join(f"coalesce({name}, 0) AS {name}" for name in counted)
    none_as_zero = "coalesce(logins_decayed, 0) AS logins_decayed"
    return f"""
        SELECT * REPLACE ({filled}, {none_as_zero})
        FROM (SELECT customer_id, {", ".join([*windows, *whole])} FROM bands GROUP BY customer_id)
        LEFT JOIN (SELECT customer_id, {active} FROM days GROUP BY customer_id) USING (customer_id)
        LEFT JOIN {values("feature", "features_used")} USING (customer_id)
        LEFT JOIN {values("feature", "setup_steps", "setup")} USING (customer_id)
        LEFT JOIN {values("users", "users")} USING (customer_id)
        LEFT JOIN {values("kinds", "kinds_of_use")} USING (customer_id)"""


def filter_sql(connection: Any, path: Path, cutoff: datetime, out: Path) -> None:
    """One aggregate with its own filter for every column."""
    parts = {
        f"{name}_{days}": f"{_sql_filtered(name)} FILTER (WHERE age <= {days * MICROSECONDS}{_sql_where(name)})"
        for name, all_days in COUNTED.items()
        for days in all_days
    }
    ever = _sql_ever()
    parts |= {name: text if name in DECAYED else f"{text} / {MICROSECONDS}.0" for name, text in ever.items()}
    last_90 = f"FILTER (WHERE age <= {90 * MICROSECONDS})"
    parts["since_first_90"] = f"max(age) {last_90} / {MICROSECONDS}.0"
    parts["since_last_90"] = f"min(age) {last_90} / {MICROSECONDS}.0"
    parts["minutes_max_90"] = f"max(duration_minutes) {last_90}"
    parts["never_set_up"] = "(count(*) FILTER (WHERE event_type = 'setup') = 0)::DOUBLE"
    for name, all_days in (DAYS | DIFFERENT).items():
        where = " AND event_type = 'setup'" if name == "setup_steps" else ""
        for days in all_days:
            value = VALUES.get(name, "day")
            parts[f"{name}_{days}"] = f"count(DISTINCT {value}) FILTER (WHERE age <= {days * MICROSECONDS}{where})"
    zero = {
        name for name in parts if name.startswith(("minutes_7", "minutes_30", "minutes_60", "minutes_90", "logins_d"))
    }
    made = ", ".join(
        f"coalesce({text}, 0) AS {name}" if name in zero else f"{text} AS {name}" for name, text in parts.items()
    )
    source = f"SELECT customer_id, {made} FROM ({sql_rows(path, cutoff)}) GROUP BY customer_id"
    connection.execute(_sql_finish(source, out))


def _sql_filtered(name: str) -> str:
    return "sum(duration_minutes)" if name == "minutes" else "count(*)"


def _sql_where(name: str) -> str:
    conditions = {kind: f" AND event_type = '{value}'" for kind, value in KINDS.items()}
    conditions |= {f"weekday_{day}": f" AND weekday = {day}" for day in range(7)}
    conditions |= {"minutes_known": " AND duration_minutes IS NOT NULL", "weekend": " AND weekday >= 5"}
    return conditions.get(name, "")
