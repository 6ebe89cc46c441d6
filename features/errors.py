"""Errors of signal declarations and of the engine."""


class DefinitionError(ValueError):
    """A signal is declared in a way that cannot be computed, named or trusted; the message holds file and line."""


class UnsupportedOperationError(RuntimeError):
    """A backend lacks an operation that a signal needs; raised before any work is done."""
