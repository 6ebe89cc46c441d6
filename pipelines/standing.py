"""The signals of customers at an instant, as a score needs them: by the code that training uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.errors import DataError

if TYPE_CHECKING:
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
            If the champion reads a signal that nobody declares any more.
        """
        from pipelines.outcomes import check_tables, outcomes
        from pipelines.panel import canonical_tables, project_signals
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
        names = dict.fromkeys([*manifest["signals"], *besides])
        return cls(engine, tables, [known[name] for name in names], definitions)

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
