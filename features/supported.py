"""Whether a backend has every operation that signals of one's own need, asked before any work is done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ibis.common.exceptions import IbisError
from ibis.expr import types as ir

from features.declared import Signal
from features.errors import UnsupportedOperationError


def refuse_unsupported(backend: Any, signals: Iterable[Signal]) -> None:
    """Compile what the definitions say for the backend; the shipped ones are left to the tests, which run them.

    Parameters
    ----------
    backend
        Ibis backend.
    signals
        Signals that are to be computed.

    Raises
    ------
    UnsupportedOperationError
        If the backend lacks an operation; the message names the signal, its file and line.
    """
    for signal in signals:
        if not signal.is_shipped:
            for days in signal.windows:
                for value in signal.expressions(days):
                    _compile(backend, signal, value)


def _compile(backend: Any, signal: Signal, value: ir.Value) -> None:
    try:
        backend.compile(value.name("value").as_table())
    except IbisError as error:
        raise UnsupportedOperationError(
            f"{signal.where}: {signal.name} cannot be computed on {backend.name}: {error}. "
            "Write it with other operations, or leave it out."
        ) from error
