"""The fingerprint of a signal's definition: equal for as long as the same rows give the same values.

It is taken of what a definition computes, not of how it is written: a comment or a renamed variable leaves it as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

from ibis.expr.operations import Node, UnboundTable

from features.declared import RowSignal, SignalColumn


def fingerprints(columns: Mapping[str, SignalColumn]) -> dict[str, str]:
    """Fingerprint of each column by its name."""
    return {name: fingerprint(column) for name, column in columns.items()}


@cache
def fingerprint(column: SignalColumn) -> str:
    """Hash what a signal computes in one window, the signals that it is built from included.

    Parameters
    ----------
    column
        A signal in a window.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    signal = column.signal
    return _hash(
        (signal.name, column.days, signal.empty, signal.table.name, signal.table.happened_at),
        [_digest(part.op()) for part in signal.expressions(column.days)],
        _of_rows(signal) if isinstance(signal, RowSignal) else (),
        [fingerprint(each) for each in signal.inputs(column.days)],
    )


def _of_rows(signal: RowSignal) -> tuple[object, ...]:
    """How rows are added up, and from when what is read of them is known."""
    late = signal.table.late_columns
    return (
        [(each.operation, each.where is None, each.half_life_days) for each in signal.aggregates],
        [(name, late[name]) for name in sorted(signal.late_columns_read)],
        sorted(signal.gaps_read),
    )


def _digest(root: Node) -> str:
    """Hash an expression: each operation with its type and its arguments, those that are expressions by their hash."""

    def hashed(node: Node, _: object, **arguments: Any) -> str:
        if isinstance(node, UnboundTable):
            return node.name  # not its schema: a column more, which nobody reads, changes nothing
        return _hash(type(node).__name__, str(getattr(node, "dtype", "")), *map(_plain, arguments.items()))

    found: str = root.map(hashed)[root]
    return found


def _plain(value: Any) -> Any:
    """Give a value whose text is the same in every process."""
    if isinstance(value, Mapping):
        return [(str(key), _plain(each)) for key, each in value.items()]
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.name if isinstance(value, Enum) else str(value)


def _hash(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
