"""Prove signals by their examples: each is computed as a customer of its own, all in one call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.compute import Panel, compute
from features.declared import Signal
from features.example import EXAMPLE_CUTOFF, Value, example_people, example_tables, read_example
from features.signal import columns_of

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Proof:
    """What a signal gave for its example in one window.

    Parameters
    ----------
    signal
        The signal.
    days
        The window in days, ``None`` for the whole history.
    expected
        What the example says.
    value
        What was computed.
    """

    signal: Signal
    days: int | None
    expected: Value
    value: Value

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.signal.column(self.days)

    @property
    def holds(self) -> bool:
        """Whether the two agree, numbers to 1e-9."""
        if isinstance(self.value, float) and isinstance(self.expected, float):
            return math.isclose(self.value, self.expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return self.value == self.expected


def prove(connection: Any, signals: Mapping[str, Signal]) -> list[Proof]:
    """Compute the examples of signals.

    Parameters
    ----------
    connection
        Ibis backend, DuckDB or PySpark; the examples' tables stay in it as ``example_...``.
    signals
        Signals by name.

    Returns
    -------
    list of Proof
        One for each signal and window.
    """
    examples = {name: read_example(signal.example, signal.table) for name, signal in signals.items()}
    tables = {name: connection.create_table(f"example_{name}", rows) for name, rows in example_tables(examples).items()}
    population = connection.create_table("example_people", example_people(examples))
    panel = Panel(list(columns_of(signals.values()).values()), [EXAMPLE_CUTOFF])
    rows = {
        row["customer_id"]: row
        for _, table in compute(connection, tables, population, panel)
        for row in table.to_pyarrow().to_pylist()
    }
    return [
        Proof(signal, days, examples[name].expected[days], rows[name][signal.column(days)])
        for name, signal in signals.items()
        for days in signal.windows
    ]
