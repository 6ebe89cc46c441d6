"""Lines of the YAML for one canonical table."""

from __future__ import annotations

import re
from typing import Any

from features.tables import Column
from pipelines.ingest.sql import identifier
from pipelines.propose.evidence import Evidence
from pipelines.propose.glossary import UNIT_PRICE, VALUES, normal, words
from pipelines.propose.proposal import Line
from pipelines.propose.reading_lines import (
    currency_lines,
    date_lines,
    keep_condition,
    limit_lines,
    mark_lines,
    place_lines,
    settled_dates,
    shares_format,
)
from pipelines.propose.recognise import Match

_LINES_AN_ORDER = 1.05
_MOSTLY = 0.98
_NUMBERS = ("float64", "int64")


def source_block(match: Match, number: int | None = None) -> tuple[Line, ...]:
    """Write the source of a canonical table.

    Parameters
    ----------
    match
        The source and its columns.
    number
        Its number where several sources fill the table; ``None`` where it is alone.
    """
    is_lines = _is_order_lines(match)
    used = list(match.columns.values())
    numbers = [each for name, each in match.columns.items() if match.table[name].type in _NUMBERS]
    if is_lines and (price := unit_price(match)):
        numbers.append(price)
    return (
        *place_lines(match.looked),
        *mark_lines(match.looked),
        *currency_lines(match.looked, may_differ=not is_lines),
        *date_lines(match.looked, used),
        *limit_lines(match.looked, used, numbers),
        *_where_lines(match, is_lines),
        *(_grouped_lines(match) if is_lines else [Line("columns", _column_lines(match, number))]),
    )


def unit_price(match: Match) -> Evidence | None:
    """Find the price of one unit, where it is not taken for anything else."""
    taken = {each.name for each in match.columns.values()}
    names = words(UNIT_PRICE)
    found = (each for name, each in match.looked.columns.items() if name not in taken and normal(name) in names)
    return next((each for each in found if each.is_number), None)


def _is_order_lines(match: Match) -> bool:
    if match.table.name != "orders" or "order_id" not in match.columns:
        return False
    order = match.columns["order_id"]
    return order.filled > _LINES_AN_ORDER * match.looked.one(f"count(DISTINCT {identifier(order.name)})")


def _where_lines(match: Match, is_lines: bool) -> list[Line]:
    """Keep rows that can be used: with what is required and, of order lines, goods that were bought."""
    conditions, reasons = [], []
    for name in match.table.required:
        column = match.columns.get(name)
        if column is not None and column.filled < match.looked.rows:
            conditions.append(keep_condition(column))
            reasons.append(f"{1 - column.filled / match.looked.rows:.1%} of rows have no {column.name}")
    for column in _counted(match) if is_lines else []:
        name = f"TRY_CAST({identifier(column.name)} AS DOUBLE)"
        negative = match.looked.one(f"count_if({name} <= 0)") / match.looked.rows
        if negative and column.family != "text":
            conditions.append(f"{identifier(column.name)} > 0")
            reasons.append(f"{negative:.1%} of rows have {column.name} of 0 or less (returns, corrections)")
    if not conditions:
        return []
    return [Line("where", " AND ".join(conditions), f"left out: {'; '.join(reasons)}", unsure=True)]


def _counted(match: Match) -> list[Evidence]:
    return [each for each in (match.columns.get("quantity"), unit_price(match)) if each is not None]


def _column_lines(match: Match, number: int | None) -> tuple[Line, ...]:
    lines = []
    for column in match.table.columns:
        if column.name in match.columns:
            lines.append(_column_line(match, column, match.columns[column.name]))
        elif column.required:
            doubt = f"no column numbers the {match.table.name}: every row counts as one"
            # Rows are counted in each source, so that two sources would give the same numbers.
            expression = "source_row" if number is None else f"'{number}-' || source_row"
            lines.append(Line(column.name, {"expression": expression}, doubt, unsure=True))
    if (price := _amount_from_price(match)) is not None:
        lines.append(price)
    return tuple(lines)


def _amount_from_price(match: Match) -> Line | None:
    """Price times quantity as the amount, where both are typed and no amount is there."""
    price, quantity = unit_price(match), match.columns.get("quantity")
    if match.table.name != "orders" or "amount" in match.columns or price is None:
        return None
    if quantity is None:
        return Line("amount", price.name, "a price; taken as the amount of the order", unsure=True)
    if "text" in (price.family, quantity.family):
        return Line("amount", price.name, "a price of one unit; the quantity is not counted in", unsure=True)
    expression = f"{identifier(price.name)} * {identifier(quantity.name)}"
    return Line("amount", {"expression": expression}, "price times quantity")


def _column_line(match: Match, column: Column, source: Evidence) -> Line:
    spec: dict[str, Any] = {"column": source.name}
    doubt = match.doubts.get(column.name, "")
    if column.type == "timestamp":
        doubt = _add_dates(match, source, spec) or doubt
    elif column.allowed:
        doubt = _add_value_map(column, source, spec) or doubt
    elif column.name == "duration_minutes":
        doubt = _add_factor(source, spec) or doubt
    if column.name in match.table.key and len(match.table.key) == 1 and not match.looked.is_unique(source.name):
        doubt = "the key repeats; the checks set repeated rows aside"
    return Line(column.name, spec if len(spec) > 1 else source.name, doubt, bool(doubt))


def _add_dates(match: Match, source: Evidence, spec: dict[str, Any]) -> str:
    dates, doubt = settled_dates(match.looked, source)
    if shares_format(match.looked, match.columns.values()):
        return doubt
    if dates.formats:
        spec["date_format"] = list(dates.formats)
    return doubt


def _add_value_map(column: Column, source: Evidence, spec: dict[str, Any]) -> str:
    if set(source.values) <= set(column.allowed):
        return ""
    meanings = {normal(word): each for each in column.allowed for word in VALUES[column.name].get(each, each).split()}
    known = {value: meanings[normal(value)] for value in source.values if normal(value) in meanings}
    spec["value_map"] = {**known, "*": None}
    unknown = len(source.values) - len(known)
    return f"{unknown} of {len(source.values)} values have no counterpart and are left empty" if unknown else ""


def _add_factor(source: Evidence, spec: dict[str, Any]) -> str:
    if re.search(r"sec|秒", source.name, re.IGNORECASE):
        spec["unit_factor"] = 1 / 60
    elif re.search(r"hour|小时", source.name, re.IGNORECASE):
        spec["unit_factor"] = 60.0
    elif not re.search(r"min|分", source.name, re.IGNORECASE):
        return "taken as minutes"
    return ""


def _grouped_lines(match: Match) -> list[Line]:
    """Add up the lines of an order."""
    keys = ("order_id", "customer_id")
    used = [match.columns["ordered_at"], *_counted(match)]
    if "amount" in match.columns:
        used.append(match.columns["amount"])
    kinds = {each.name: "time" if each is match.columns["ordered_at"] else "number" for each in used}
    types = {each.name: kinds[each.name] for each in used if each.family == "text"}
    date = match.columns["ordered_at"]
    own_format = [] if shares_format(match.looked, match.columns.values()) else _own_format(match, date)
    return [
        *own_format,
        *([Line("types", types, "text until said otherwise")] if types else []),
        Line("columns", tuple(Line(key, match.columns[key].name) for key in keys), "one row is a line of an order"),
        Line("group_by", list(keys)),
        Line("aggregate", _aggregates(match)),
    ]


def _own_format(match: Match, date: Evidence) -> list[Line]:
    formats = settled_dates(match.looked, date)[0].formats
    return [Line("date_format", list(formats))] if formats else []


def _aggregates(match: Match) -> tuple[Line, ...]:
    columns = match.columns
    lines = [Line("ordered_at", f"min({identifier(columns['ordered_at'].name)})")]
    lines += _amount_lines(match)
    if "quantity" in columns:
        lines.append(Line("quantity", f"sum({identifier(columns['quantity'].name)})"))
    return (*lines, Line("lines", "count(*)"))


def _amount_lines(match: Match) -> list[Line]:
    amount, quantity, price = match.columns.get("amount"), match.columns.get("quantity"), unit_price(match)
    if amount is None and quantity and price:
        return [Line("amount", f"sum({identifier(quantity.name)} * {identifier(price.name)})", "price times quantity")]
    amount = amount or price
    if amount is None:
        return []
    if _repeats_within_orders(match, amount):
        return [Line("amount", f"max({identifier(amount.name)})", "the same on every line: the order's total")]
    return [Line("amount", f"sum({identifier(amount.name)})", "differs from line to line: added up", unsure=True)]


def _repeats_within_orders(match: Match, amount: Evidence) -> bool:
    order, name = identifier(match.columns["order_id"].name), identifier(amount.name)
    orders = match.looked.table.aggregate(f"count(*) AS lines, count(DISTINCT {name}) AS amounts", order)
    found = orders.filter("lines > 1").aggregate("count(*), count_if(amounts = 1)").fetchone() or (0, 0)
    return bool(found[0]) and found[1] >= _MOSTLY * found[0]
