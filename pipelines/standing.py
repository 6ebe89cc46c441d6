"""The signals of customers at an instant, as a score needs them: by the code that training uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibis.expr import types as ir

    from features.declared import SignalColumn
    from pipelines.config import Project


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
    def of(
        cls,
        connection: Any,
        project: Project,
        manifest: dict[str, Any],
        accepted: dict[str, Any],
        besides: Iterable[str] = (),
    ) -> Standing:
        """Find the tables in the warehouse, the signals of the exported champion and those wanted besides.

        Raises
        ------
        DataError
            If the champion reads a signal that nobody declares any more, or that is defined otherwise by now.
        """
        from pipelines.panel import canonical_tables, project_signals
        from pipelines.warehouse.duckdb_file import backend

        engine, known = backend(connection), project_signals(project)
        tables = canonical_tables(engine, accepted["schema"], accepted["tables"])
        found = cls.over(engine, tables, manifest, known)
        more = [known[name] for name in dict.fromkeys(besides) if name not in manifest["signals"]]
        return replace(found, columns=[*found.columns, *more])

    @classmethod
    def over(
        cls, engine: Any, tables: dict[str, Any], manifest: Mapping[str, Any], known: Mapping[str, SignalColumn]
    ) -> Standing:
        """Put together what an export needs, of tables and of declared signals.

        Parameters
        ----------
        engine
            Ibis backend that holds the tables.
        tables
            Canonical tables by name.
        manifest
            Of the export.
        known
            Every declared signal column by name.

        Raises
        ------
        DataError
            As `of`.
        ConfigError
            If churn is defined on a table that is not there.
        """
        from pipelines.exported.signals import columns_of_model
        from pipelines.outcomes import check_tables, definitions_of

        definitions = definitions_of(manifest["label"]["churn"])
        check_tables(definitions, tables)
        return cls(engine, tables, columns_of_model(manifest, known), definitions)

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
            table of the warehouse.
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

    def people(self, query: str, instant: datetime) -> Any:
        """Give the customers of a query with the one column ``customer_id``, at an instant."""
        import ibis

        return self.engine.sql(query).mutate(cutoff=ibis.literal(instant, type="timestamp(6)"))
