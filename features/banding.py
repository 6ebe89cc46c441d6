"""Group rows by customer and band of time: the one pass over a table that all its windows share."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr import types as ir

from features.rows import BAND, CODE, SLICE
from features.source import Source
from features.terms import MICROSECONDS_PER_DAY, Aggregate
from features.timeline import LONGEST_BAND_DAYS

KEY = "_key"


@ibis.udf.scalar.builtin(name="bit_count", signature=(("int64",), "int64"))
def _bit_count(bits):  # type: ignore[no-untyped-def]
    """Count the bits set; DuckDB and Spark share the name."""


def banded(source: Source) -> ir.Table:
    """Give one row a customer, slice and band with a column for every aggregate that is put together from bands."""
    asked, midnight = source.asked, source.timeline.instants[-1] % MICROSECONDS_PER_DAY
    aggregates = {f"a{place}": _over_rows(asked.aggregates[place], midnight) for place in asked.added}
    return source.input.group_by(CODE, SLICE, BAND).aggregate(**aggregates)


def keys(source: Source, place: int) -> ir.Table:
    """Give one row a customer, value and slice with its newest band, for an aggregate that counts different values."""
    aggregate = source.asked.aggregates[place]
    chosen = source.input if aggregate.where is None else source.input.filter(aggregate.where)
    return chosen.group_by(**{CODE: chosen[CODE], KEY: aggregate.value, SLICE: chosen[SLICE]}).aggregate(
        **{BAND: chosen[BAND].max()}
    )


def over_bands(aggregate: Aggregate, column: Any) -> ir.Value:
    """Put bands together."""
    operation = {"count": "sum", "days": "sum", "latest": "max"}.get(aggregate.operation, aggregate.operation)
    return getattr(column, operation)()


def _over_rows(aggregate: Aggregate, midnight: int) -> ir.Value:
    if aggregate.operation == "count":
        return _only(aggregate, aggregate.value).count().cast("float32")
    if aggregate.operation == "days":
        return _days(aggregate, midnight).cast("float32")
    operation = "max" if aggregate.operation == "latest" else aggregate.operation
    return getattr(_only(aggregate, aggregate.value), operation)()


def _only(aggregate: Aggregate, value: Any) -> Any:
    """Value of the rows that count, else null; several times as fast as a filtered aggregate."""
    return value if aggregate.where is None else ibis.ifelse(aggregate.where, value, ibis.null(value.type()))


def _days(aggregate: Aggregate, midnight: int) -> Any:
    """Count different days of a band: a bit for each, which differ because no band is longer than there are bits."""
    day = (aggregate.value - midnight) // MICROSECONDS_PER_DAY
    place = ((day % LONGEST_BAND_DAYS) + LONGEST_BAND_DAYS) % LONGEST_BAND_DAYS
    return _bit_count(_only(aggregate, ibis.literal(1, type="int64") << place).bit_or())
