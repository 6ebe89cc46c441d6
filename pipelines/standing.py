"""The signals of customers at an instant, as a score needs them: by the code that training uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir


@dataclass(frozen=True)
class Standing:
    """Tables and signals of a champion.

    Parameters
    ----------
    engine
        Ibis backend on the warehouse.
    tables
        Canonical tables by name.
    columns
        The signals that the champion reads.
    definitions
        What leaving is, and so who is a customer.
    """

    engine: Any
    tables: dict[str, Any]
    columns: list[Any]
    definitions: list[Any]

    @classmethod
    def of(cls, connection: Any, project: Project, manifest: dict[str, Any], accepted: dict[str, Any]) -> Standing:
        """Find the tables in the warehouse and the signals of the exported champion.

        Raises
        ------
        DataError
            If the champion reads a signal that nobody declares any more.
        """
        from pipelines.panel import canonical_tables, project_signals
        from pipelines.stages.label import check_tables, outcomes
        from pipelines.warehouse.duckdb_file import backend

        assert project.label is not None
        engine = backend(connection)
        tables = canonical_tables(engine, accepted["schema"], accepted["tables"])
        definitions = outcomes(project.label.churn)
        check_tables(definitions, tables)
        known = project_signals(project)
        missing = [name for name in manifest["signals"] if name not in known]
        if missing:
            raise DataError(
                f"The champion needs signals that are not declared: {', '.join(missing[:5])}", do="train again"
            )
        return cls(engine, tables, [known[name] for name in manifest["signals"]], definitions)

    @property
    def is_relative(self) -> bool:
        """Whether a signal compares customers, so that it must be computed for all of them."""
        return any(column.signal.is_relative for column in self.columns)

    def customers(self, instant: datetime) -> Any:
        """Give the risk set of an instant."""
        from training.labels.outcome import risk_set

        return risk_set(self.definitions, self.tables, [instant])

    def signals(
        self,
        people: Any,
        instants: Sequence[datetime],
        progress: Callable[[str, float], None] | None = None,
        known_before: datetime | None = None,
    ) -> dict[datetime, ir.Table]:
        """Compute the signals of customers at instants; two together cost far less than one after the other.

        Parameters
        ----------
        people
            Table of ``customer_id`` and ``cutoff``.
        instants
            The cutoffs.
        progress
            Called with a word and the share done.
        known_before
            Leave out what was learned since then, as if only days had passed; by default nothing is left out.

        Returns
        -------
        dict of datetime to ibis Table
            Instant to one row for each of its customers, ``customer_id`` and the champion's signals, as a temporary
            table of the warehouse: `frame` brings into memory what is wanted of it.
        """
        from features.compute import Panel, compute
        from features.frozen import frozen
        from features.tables import TABLES

        tables = self.tables
        if known_before is not None:
            tables = {name: frozen(rows, TABLES[name], known_before) for name, rows in tables.items()}
        kind = "known" if known_before is None else "waited"
        return {
            instant: self.engine.create_table(
                f"_signals_{kind}_{instant:%Y%m%d%H%M%S%f}", table.drop("cutoff"), temp=True, overwrite=True
            )
            for instant, table in compute(self.engine, tables, people, Panel(self.columns, instants), progress)
        }

    def frame(self, signals: ir.Table, customer_ids: Sequence[str] | None = None) -> pd.DataFrame:
        """Bring signals into memory: everyone's, or those of some customers in their order, indexed by customer."""
        if customer_ids is None:
            found: pd.DataFrame = self.engine.to_pandas(signals)
            return found
        import ibis
        import pyarrow as pa

        wanted = ibis.memtable(pa.table({"customer_id": pa.array(list(customer_ids), pa.string())}))
        some = self.engine.to_pandas(signals.semi_join(wanted, "customer_id"))
        return some.set_index(some["customer_id"].astype("str")).loc[list(customer_ids)]

    def people(self, customer_ids: Iterable[str], instant: datetime) -> Any:
        """Make a table of customers at an instant."""
        import ibis
        import pyarrow as pa

        ids = pa.array(list(customer_ids), pa.string())
        times = pa.array([instant] * len(ids), pa.timestamp("us"))
        return ibis.memtable(pa.table({"customer_id": ids, "cutoff": times}))
