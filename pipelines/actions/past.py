"""The past that rules are tried on: signals of labelled customers at the cutoffs of the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluation.action.rule_backtest import Outcomes
from pipelines.actions.rule import Rule

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir

UNBOUNDED = 1e300


@dataclass(frozen=True, eq=False)
class Past:
    """Signals and outcomes, row by row the same customers at the same cutoffs.

    Parameters
    ----------
    backend
        Ibis backend of DuckDB.
    signals
        The rows, ordered by cutoff and customer.
    outcomes
        What became of them.
    """

    backend: Any
    signals: ir.Table
    outcomes: Outcomes

    @classmethod
    def of(cls, panel: Path, labels: pd.DataFrame) -> Past:
        """Read a panel and join its labels; rows whose outcome is not known are left out."""
        import ibis

        backend = ibis.duckdb.connect()
        known = labels.dropna(subset=["churned"])[["customer_id", "cutoff", "churned", "churned_at"]]
        outcomes = backend.create_table("outcomes", known.astype({"customer_id": "str", "churned": "int8"}), temp=True)
        rows = backend.read_parquet(str(panel / "*.parquet"))
        joined = rows.inner_join(outcomes, ["customer_id", "cutoff"]).order_by(["cutoff", "customer_id"])
        signals = backend.create_table("signals", joined.mutate(place=ibis.row_number()), temp=True)
        frame = signals.order_by("place").select("customer_id", "cutoff", "churned", "churned_at").to_pandas()
        return cls(
            backend,
            signals,
            Outcomes(
                frame["customer_id"].to_numpy(dtype=object),
                frame["cutoff"].to_numpy(dtype="datetime64[us]"),
                frame["churned"].to_numpy(dtype=np.int8) == 1,
                frame["churned_at"].to_numpy(dtype="datetime64[us]"),
            ),
        )

    def has(self, names: Sequence[str]) -> bool:
        """Whether the panel holds signals."""
        return set(names) <= set(self.signals.columns)

    def fired(self, rules: Mapping[str, Rule]) -> dict[str, NDArray[np.bool_]]:
        """Ask rules at every row."""
        return self._columns({name: rule.fires(self.signals) for name, rule in rules.items()})

    def fired_at(self, rule: Rule, thresholds: Sequence[float]) -> list[NDArray[np.bool_]]:
        """Ask a rule with other thresholds."""
        asked = {f"t{place}": rule.fires(self.signals, value) for place, value in enumerate(thresholds)}
        return list(self._columns(asked).values())

    def candidates(self, rule: Rule) -> NDArray[np.float64]:
        """Values of the signal that a rule compares with its threshold, wherever the rest of the condition holds."""
        assert rule.tunable is not None
        loosest = -UNBOUNDED if rule.tunable.fires_above else UNBOUNDED
        rows = self.signals.filter(rule.fires(self.signals, loosest))
        return rows[rule.tunable.signal].to_pandas().to_numpy(dtype=np.float64)

    def values(self, name: str) -> NDArray[np.float64]:
        """Values of a signal, row by row."""
        return self.signals.order_by("place")[name].to_pandas().to_numpy(dtype=np.float64)

    def _columns(self, asked: Mapping[str, ir.Value]) -> dict[str, NDArray[np.bool_]]:
        if not asked:
            return {}
        found = self.signals.order_by("place").select(**asked).to_pandas()
        return {name: found[name].to_numpy(dtype=np.bool_) for name in asked}
