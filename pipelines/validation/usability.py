"""The usability report: what the data can be used for, what is wrong with them, what to repair first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from features.tables import CUSTOMERS, TABLES
from pipelines.validation import problems as found
from pipelines.validation import support, words
from pipelines.validation.contradictions import departures, misdated
from pipelines.validation.flat import FLAT
from pipelines.validation.oddities import oddities
from pipelines.validation.problems import Problem, grade, ranked
from pipelines.validation.set_aside import accepted
from pipelines.validation.sources import open_sources
from pipelines.warehouse.sql import identifier, statement

MOST_REPAIRS = 3
_NEVER = "1970-01-01"

# What the files already say of themselves counts once.
_SEEN_IN_FILES = (".before_customer", ".after_end")
_NOT_LOOKED_AT: dict[str, Any] = {"problems": [], "oddities": [], "unread": {}, "linked": False}


@dataclass(frozen=True)
class Wish:
    """What the data are to be used for.

    Parameters
    ----------
    title
        Name of the project in both languages.
    signals
        Declared signals.
    definitions
        Definitions of churn; empty for a flat table.
    horizon_days, history_days
        Configured horizon, and data that must lie before a cutoff.
    least_churners
        Churners that a model needs.
    data_end
        End of the data where it is configured.
    folder
        Folder of the source files, if they are to be looked at as they are.
    ledger
        Where every row of each source went.
    open_questions
        Pairs of ids of which a person has to say whether they are one customer.
    """

    title: Mapping[str, str]
    signals: Sequence[Any]
    least_churners: int
    definitions: Sequence[Any] = ()
    horizon_days: int = 0
    history_days: int = 0
    data_end: datetime | None = None
    folder: Path | None = None
    ledger: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    open_questions: int = 0


def usability(
    connection: duckdb.DuckDBPyConnection,
    made: Mapping[str, Any],
    profiles: Mapping[str, dict[str, Any]],
    wish: Wish,
) -> dict[str, Any]:
    """Report on accepted data.

    Parameters
    ----------
    connection
        The warehouse with the accepted tables.
    made
        What validation recorded, see `pipelines.validation.accept.record`.
    profiles
        Table to its profile.
    wish
        What the data are to be used for.

    Returns
    -------
    dict
        Plain values; every text is a dictionary of ``en`` and ``zh``.
    """
    source = look_at(connection, wish.folder) if wish.folder else _NOT_LOOKED_AT
    checks = [check for check in made["checks"] if not (source["linked"] and check["name"].endswith(_SEEN_IN_FILES))]
    problems: list[Problem] = [*source["problems"], *found.of_checks(checks)]
    problems += found.of_tables(made["rows"], made["quarantined"], made["reasons"], made["checks"])
    problems += found.of_identity(wish.open_questions)
    use = _flat_use(connection, wish) if made["flat"] else _use(connection, made, wish)
    problems = ranked([*problems, *use.pop("problems")])
    letter, points = grade(problems)
    report = {
        "title": dict(wish.title),
        "grade": letter,
        "points": points,
        "tables": [_table(connection, made, profiles, table) for table in made["rows"]],
        "absent": [table for table in TABLES if table not in made["rows"]] if not made["flat"] else [],
        "first": made["first"],
        "last": made["last"],
        **use,
        "families": [] if made["flat"] else support.families(wish.signals, profiles),
        "problems": [asdict(problem) for problem in problems],
        "oddities": source["oddities"] + _flat_oddities(connection, made),
        "ledger": [dict(entry) for entry in wish.ledger],
        "unread": source["unread"],
    }
    return report | {"headline": _headline(report)}


def look_at(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, Any]:
    """Look at the files of a folder as they are.

    Returns
    -------
    dict
        ``problems`` (contradictions), ``oddities`` (texts), ``unread`` (file to reason) and ``linked``: whether files
        hang together, so that their times were held against each other.
    """
    sources = open_sources(connection, folder)
    problems = found.of_source(misdated(connection, sources), departures(connection, sources))
    said = [
        {"table": source.name, "said": words.oddity_said(each)}
        for source in sources.found
        for each in oddities(connection, source.name, identifier(source.place), source.columns)
    ]
    return {
        "problems": list(problems),
        "oddities": said,
        "unread": sources.unread,
        "linked": bool(sources.links),
    }


def rows(report: Mapping[str, Any], language: str = "en") -> list[tuple[str, str]]:
    """Give the report's main rows for the terminal: what, and what is said."""
    horizons = [str(each["days"]) for each in report["horizons"] if each["supported"]]
    labels = _LABELS[language]
    listed = [
        (labels["grade"], f"{report['grade']} ({report['points']}/100)"),
        (labels["customers"], f"{report['customers']:,}"),
        (labels["churners"], f"{report['churners']:,} ({words.percent(report['churn_share'])})"),
        (labels["tables"], ", ".join(f"{table['table']} {table['rows']:,}" for table in report["tables"])),
        (labels["span"], f"{report['first'][:10]} … {report['last'][:10]}" if report["first"] else "-"),
        (labels["horizons"], ", ".join(horizons) or "-"),
        (labels["signals"], f"{_available(report)} / {sum(each['signals'] for each in report['families'])}"),
    ]
    first = report["problems"][:MOST_REPAIRS]
    return listed + [
        (labels["repair"] if not number else "", each["said"][language]) for number, each in enumerate(first)
    ]


_LABELS = {
    "en": {
        "grade": "grade",
        "customers": "customers",
        "churners": "churners",
        "tables": "tables",
        "span": "time span",
        "horizons": "horizons in days",
        "signals": "signals available",
        "repair": "repair first",
    },
    "zh": {
        "grade": "评级",
        "customers": "客户数",
        "churners": "流失客户",
        "tables": "数据表",
        "span": "时间范围",
        "horizons": "支持的预测期（天）",
        "signals": "可用信号",
        "repair": "优先修复",
    },
}


def _use(connection: duckdb.DuckDBPyConnection, made: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """What tables with times can be used for."""
    import ibis

    backend = ibis.duckdb.from_connection(connection)
    tables = {table: backend.table(table, database=made["schema"]) for table in made["tables"] if table in TABLES}
    lacking = sorted({each.table for each in wish.definitions if each.table not in tables})
    problems = list(found.of_definitions(lacking))
    first, last = (datetime.fromisoformat(made[end] or _NEVER) for end in ("first", "last"))
    span = first, wish.data_end or last
    horizons: list[dict[str, Any]] = []
    if wish.definitions and not lacking:
        horizons = support.horizons(
            backend, tables, wish.definitions, span, wish.horizon_days, wish.history_days, wish.least_churners
        )
        problems += found.of_history(horizons, wish.horizon_days)
    asked = next((each for each in horizons if each["days"] == wish.horizon_days), {"customers": 0, "churners": 0})
    return {
        "customers": made["rows"].get(CUSTOMERS.name, 0),
        "horizon_days": wish.horizon_days,
        "churners": asked["churners"],
        "churn_share": asked["churners"] / max(asked["customers"], 1),
        "horizons": horizons,
        "windows": support.windows(span, wish.horizon_days),
        "problems": problems,
    }


def _flat_use(connection: duckdb.DuckDBPyConnection, wish: Wish) -> dict[str, Any]:
    """What a flat table with a ready label can be used for."""
    counted = accepted(connection, FLAT).aggregate("count(*), count(churned), coalesce(sum(churned), 0)")
    customers, labelled, churners = counted.fetchall()[0]
    return {
        "customers": int(customers),
        "horizon_days": 0,
        "churners": int(churners),
        "churn_share": int(churners) / max(int(labelled), 1),
        "horizons": [],
        "windows": [],
        "problems": list(found.of_flat(int(labelled), int(churners), wish.least_churners)),
    }


def _flat_oddities(connection: duckdb.DuckDBPyConnection, made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What stands out in a flat table once it is read: blanks have become missing values."""
    if not made["flat"]:
        return []
    relation = accepted(connection, FLAT)
    columns = dict(zip(relation.columns, map(str, relation.types), strict=True))
    place = identifier(made["schema"], FLAT)
    return [{"table": FLAT, "said": words.oddity_said(each)} for each in oddities(connection, FLAT, place, columns)]


def _table(
    connection: duckdb.DuckDBPyConnection, made: Mapping[str, Any], profiles: Mapping[str, dict[str, Any]], table: str
) -> dict[str, Any]:
    """Describe a table; values learned later than their row are missing by nature and left out."""
    columns = profiles[table]["columns"]
    late = TABLES[table].late_columns if table in TABLES else {}
    filled = [about["missing"] for column, about in columns.items() if about["missing"] < 1 and column not in late]
    return {
        "table": table,
        "rows": made["rows"][table],
        "quarantined": made["quarantined"][table],
        "columns": len(columns),
        "filled": sum(about["missing"] < 1 for about in columns.values()),
        "missing_share": sum(filled) / max(len(filled), 1),
        **_months(connection, made["schema"], table),
    }


def _months(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, Any]:
    """Count a table's rows by month."""
    if table not in TABLES:
        return {"first": None, "last": None, "months": []}
    happened = identifier(TABLES[table].happened_at)
    month = f"date_trunc('month', {happened})"
    counted = connection.execute(
        statement(
            "SELECT", f"strftime({month}, '%Y-%m'), count(*) FROM", identifier(schema, table), "GROUP BY 1 ORDER BY 1"
        )
    ).fetchall()
    first, last = accepted(connection, table).aggregate(f"min({happened}), max({happened})").fetchall()[0]
    return {"first": first.isoformat(), "last": last.isoformat(), "months": [list(each) for each in counted]}


def _available(report: Mapping[str, Any]) -> int:
    return sum(each["available"] for each in report["families"])


def _headline(report: Mapping[str, Any]) -> dict[str, str]:
    """Say it in one sentence."""
    share, customers, days = words.percent(report["churn_share"]), f"{report['customers']:,}", report["horizon_days"]
    leave_en = f"{share} leave within {days} days" if days else f"{share} have left"
    leave_zh = f"{days} 天内流失率 {share}" if days else f"已流失 {share}"
    serious = sum(each["weight"] != "minor" for each in report["problems"])
    horizons = [str(each["days"]) for each in report["horizons"] if each["supported"]]
    use_en = f"; the history supports {', '.join(horizons)} days" if horizons else ""
    use_zh = f"；历史数据支持 {'、'.join(horizons)} 天的预测" if horizons else ""
    rest_en = (
        f"; {serious} grave problem{'s' if serious > 1 else ''} to repair" if serious else "; nothing grave to repair"
    )
    rest_zh = f"；有 {serious} 个严重问题待修复" if serious else "；没有严重问题"
    return {
        "en": f"Grade {report['grade']}: {customers} customers, {leave_en}{use_en}{rest_en}.",
        "zh": f"评级 {report['grade']}：{customers} 个客户，{leave_zh}{use_zh}{rest_zh}。",
    }
