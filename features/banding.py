"""Group rows by customer and band of time: the one pass over a table that all its windows share."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr import types as ir

from features.packing import NUMBERS, Packing, Word
from features.rows import BAND, CODE, END, SLICE
from features.source import Source
from features.terms import DECIMAL, MICROSECONDS_PER_DAY, Aggregate, exact
from features.timeline import LONGEST_BAND_DAYS

KEY = "_key"
_SUMS = (*NUMBERS, "sum", "decayed")
_OF_PAIRS = {"latest": "max", "earliest": "min"}
"""A pair of time and value is compared by time first."""


@ibis.udf.scalar.builtin(name="bit_count", signature=(("int64",), "int64"))
def _bit_count(bits):  # type: ignore[no-untyped-def]
    """Count the bits set; DuckDB and Spark share the name."""


@ibis.udf.agg.builtin(name="bit_or", signature=(("int64",), "int64"))
def _bit_or(bits):  # type: ignore[no-untyped-def]
    """Set the bits that are set in any row; Ibis does not know that Spark has it."""


def banded(source: Source, packing: Packing) -> ir.Table:
    """Give one row a customer, slice and band with all that is put together from bands: aggregates and shared words."""
    asked = source.asked
    aggregates = {place_name(place): _over_rows(asked.aggregates[place], source) for place in packing.alone}
    aggregates |= {word.name: _packed(word, packing, source) for word in packing.words}
    ends = {END: source.input[END].max()} if asked.decayed else {}
    places = {SLICE: len(source.timeline.boundaries) > 1, BAND: bool(source.timeline.edges)}
    grouped = source.input.group_by(CODE, *_varying(places)).aggregate(**aggregates, **ends)
    return _with_zeros(grouped, places).select(CODE, SLICE, BAND, *aggregates, *ends)


def place_name(place: int) -> str:
    """Name of an aggregate's column in bands."""
    return f"a{place}"


def keys(source: Source, place: int) -> ir.Table:
    """Give customer, value, slice and band of each row that an aggregate of different values looks at."""
    aggregate = source.asked.aggregates[place]
    chosen = source.input if aggregate.where is None else source.input.filter(aggregate.where)
    return chosen.select(CODE, SLICE, BAND, **{KEY: aggregate.value})


def set_bits(words: Any) -> ir.Value:
    """Set the bits that are set in any row."""
    return _bit_or(words)


def _varying(places: dict[str, bool]) -> list[str]:
    """Columns to group by: one that is the same in all rows only costs time."""
    return [name for name, varies in places.items() if varies]


def _with_zeros(rows: ir.Table, places: dict[str, bool]) -> ir.Table:
    constant = {name: ibis.literal(0, type="int16") for name, varies in places.items() if not varies}
    return rows.mutate(**constant) if constant else rows


def over_bands(aggregate: Aggregate, column: Any) -> ir.Value:
    """Put bands together."""
    operation = _OF_PAIRS.get(aggregate.operation, aggregate.operation)
    return column.sum() if operation in _SUMS else getattr(column, operation)()


def _over_rows(aggregate: Aggregate, source: Source) -> ir.Value:
    value = _only(aggregate, aggregate.value)
    if aggregate.operation == "count":
        return value.count().cast("float32")
    if aggregate.operation == "days":
        return _days(aggregate, source).cast("float32")
    if aggregate.operation == "sum":
        return exact(value).sum()
    if aggregate.half_life_days is not None:
        decayed = _weight(source, aggregate.half_life_days) * value
        is_small = isinstance(aggregate.value.op(), ibis.expr.operations.Literal)
        return (decayed.cast(DECIMAL) if is_small else exact(decayed)).sum()
    return getattr(value, _OF_PAIRS.get(aggregate.operation, aggregate.operation))()


def _weight(source: Source, half_life_days: float) -> Any:
    """Weight of a row at the end of its slice, from which later instants are reached by a common factor."""
    age = (source.input[END] - source.input[source.part.table.happened_at]).cast("float64")
    return ibis.literal(2.0) ** (age * (-1.0 / (half_life_days * MICROSECONDS_PER_DAY)))


def _only(aggregate: Aggregate, value: Any) -> Any:
    """Value of the rows that count, else null; several times as fast as a filtered aggregate."""
    return value if aggregate.where is None else ibis.ifelse(aggregate.where, value, ibis.null(value.type()))


def _packed(word: Word, packing: Packing, source: Source) -> ir.Value:
    """Count into the fields of a word: rows by one sum of what each counts for, days by fields of their own."""
    ones, days = [], []
    for field, place in enumerate(word.places):
        aggregate, weight = source.asked.aggregates[place], float(packing.weight(field))
        if aggregate.operation == "count":
            ones.append(ibis.ifelse(_counts(aggregate), weight, 0.0).cast("float64"))
        else:
            days.append(_days(aggregate, source).cast("float64") * weight)
    return sum([*([sum(ones).sum()] if ones else []), *days])


def _counts(aggregate: Aggregate) -> ir.BooleanValue:
    is_known = aggregate.value.notnull()
    return is_known if aggregate.where is None else aggregate.where & is_known


def _days(aggregate: Aggregate, source: Source) -> Any:
    """Count different days of a band: a bit for each, which differ because no band is longer than there are bits."""
    midnight = source.timeline.instants[-1] % MICROSECONDS_PER_DAY
    day = (aggregate.value - midnight) // MICROSECONDS_PER_DAY
    place = ((day % LONGEST_BAND_DAYS) + LONGEST_BAND_DAYS) % LONGEST_BAND_DAYS
    # The cast keeps Spark from shifting in 32 bits.
    bit = ibis.literal(1, type="int8").cast("int64") << place
    return _bit_count(_bit_or(_only(aggregate, bit)))
