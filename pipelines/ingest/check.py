"""Checks of a mapping against the canonical tables, before anything is read."""

from __future__ import annotations

from collections.abc import Iterable

from features.tables import TABLES, Table
from pipelines.errors import ConfigError
from pipelines.ingest.mapping import Mapping, Source
from pipelines.ingest.nearest import nearest
from pipelines.ingest.sql import check_expression


def check_mapping(mapping: Mapping) -> None:
    """Refuse unknown tables and columns, missing required columns and text that is not SQL.

    Raises
    ------
    ConfigError
        With the nearest neighbours of an unknown name.
    """
    for name, sources in mapping.tables.items():
        if name not in TABLES:
            raise ConfigError(f"Unknown table '{name}' in the mapping", allowed=nearest(name, TABLES))
        for source in sources:
            _check_columns(TABLES[name], source)
            _check_expressions(name, source)


def _check_columns(table: Table, source: Source) -> None:
    if not isinstance(source.columns, dict):
        return
    filled = (*source.columns, *source.aggregate)
    check_known_from(table, [name for name in filled if name in table])
    for name in filled:
        if name not in table:
            names = [column.name for column in table.all_columns]
            raise ConfigError(f"Table {table.name} has no column '{name}'", allowed=nearest(name, names))
    for name in table.required:
        if name not in filled:
            raise ConfigError(
                f"The mapping of {table.name} lacks the required column '{name}'",
                allowed=f"required are {', '.join(table.required)}",
                do=f"add {name}: a source column, an expression or a constant",
            )


def check_known_from(table: Table, filled: Iterable[str]) -> None:
    """Refuse a column that is learned later than its row and comes without the time from which it is known.

    Raises
    ------
    ConfigError
        For the first such column; it could never be used, since no cutoff would know it.
    """
    there = set(filled)
    for name, known_from in table.late_columns.items():
        if name in there and known_from not in there:
            raise ConfigError(
                f"{table.name}.{name} is learned later than its row, and the time of that, {known_from}, is not mapped",
                allowed=f"{name} together with {known_from}",
                do=f"map {known_from}, or leave {name} out",
            )


def _check_expressions(table: str, source: Source) -> None:
    specs = source.columns if isinstance(source.columns, dict) else {}
    for name, spec in specs.items():
        if spec.expression is not None:
            check_expression(spec.expression, f"{table}.{name}")
    for name, aggregate in source.aggregate.items():
        check_expression(aggregate, f"aggregate {table}.{name}")
    if source.where is not None:
        check_expression(source.where, f"where of {table}")
