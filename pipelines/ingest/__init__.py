"""Sources of any kind into the canonical tables of the warehouse, through a mapping, every row accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.ingest.mapping import ColumnSpec, FlatSource, Mapping, Source

if TYPE_CHECKING:
    from pipelines.ingest.flat import ingest_flat
    from pipelines.ingest.ledger import Ledger
    from pipelines.ingest.tables import ingest

__all__ = ["ColumnSpec", "FlatSource", "Ledger", "Mapping", "Source", "ingest", "ingest_flat"]

_LATER = {"ingest": "tables", "ingest_flat": "flat", "Ledger": "ledger"}


def __getattr__(name: str) -> Any:
    """Import what reads data when it is first used: the configuration needs the models alone."""
    if name not in _LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
