"""What measures are made of, read from the accepted tables of a project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from features.tables import CONTRACTS, CUSTOMERS, ORDERS, TABLES, USAGE_EVENTS
from pipelines.artifacts import Store
from pipelines.config import Project
from pipelines.errors import ConfigError, NothingToLearn

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir

    from evaluation.business.flows import Base
    from evaluation.business.periods import Periods, Unit
    from evaluation.business.purchases import Purchases
    from evaluation.business.standing import Spells
    from training.labels.outcome import Outcome, Window

PLACES = "_places"


@dataclass(frozen=True, eq=False)
class Material:
    """The tables of a project, and who was a customer when.

    Parameters
    ----------
    project
        The project.
    engine
        Ibis backend on the warehouse.
    tables
        Accepted canonical tables by name.
    first
        Instant of the first fact.
    window
        The outcome window; its `data_end` ends the data.
    """

    project: Project
    engine: Any
    tables: Mapping[str, ir.Table]
    first: datetime
    window: Window
    _spells: list[pd.DataFrame] = field(default_factory=list, repr=False)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What leaving is, with the silence that measures count by where it is set."""
        from pipelines.outcomes import check_tables, outcomes
        from training.labels.inactivity import Inactivity

        assert self.project.label is not None
        found = outcomes(self.project.label.churn)
        check_tables(found, self.tables)
        days = self.project.measures.silence_days
        if days is None:
            return found
        return [replace(each, activity_days=days) if isinstance(each, Inactivity) else each for each in found]

    def periods(self, first: datetime | None = None, last: datetime | None = None, unit: Unit = "month") -> Periods:
        """Give the whole periods between two instants, by default the latest of the data.

        Raises
        ------
        ConfigError
            If no whole period lies there.
        """
        from evaluation.business.periods import Periods, month_of, whole_periods
        from evaluation.errors import JudgementError

        settings = self.project.measures
        end = self.window.data_end if last is None else min(last, self.window.data_end)
        try:
            found = whole_periods(first or month_of(self.recorded_since, settings.zone), end, unit, settings.zone)
        except JudgementError as error:
            raise ConfigError(
                str(error).split(";")[0].capitalize(),
                allowed=f"data from {self.first:%Y-%m-%d} to {self.window.data_end:%Y-%m-%d}",
                do="choose other ends, or a shorter unit",
            ) from error
        if first is not None or unit == "all":
            return found
        return Periods(found.first_days[-settings.most_periods - 1 :], found.unit, found.zone)

    @cached_property
    def recorded_since(self) -> datetime:
        """Instant from which leaving is on record: earlier nobody seems to leave, because the files do not say so."""
        import pandas as pd

        settings = self.project.measures
        if settings.data_begin is not None:
            return settings.data_begin.replace(tzinfo=None)
        if self.is_seen_at_instants:
            return self.first + self.window.reach
        ended = self.spells_frame()["ended"].min()
        return self.first if pd.isna(ended) else ended.to_pydatetime()

    @property
    def is_seen_at_instants(self) -> bool:
        """Whether leaving can only be seen at given instants, as with falling spend."""
        from training.labels.spend_drop import SpendDrop

        return any(isinstance(each, SpendDrop) for each in self.outcomes)

    def spells_table(self, instants: Sequence[datetime] = ()) -> ir.Table:
        """Say from when to when each was a customer, without reading it: the columns of `spells_frame`."""
        from training.labels.spells import spells

        return spells(self.outcomes, self.tables, self.window, instants)

    def spells_frame(self, instants: Sequence[datetime] = ()) -> pd.DataFrame:
        """Say from when to when each was a customer: ``customer_id``, ``began``, ``ended``, ``kind``."""
        if self.is_seen_at_instants:
            return self.engine.to_pandas(self.spells_table(instants))
        if not self._spells:
            self._spells.append(self.engine.to_pandas(self.spells_table()))
        return self._spells[0]

    def spells(self, instants: Sequence[datetime]) -> Spells:
        """Say from when to when each customer of the customers table was one, as arrays.

        Raises
        ------
        NothingToLearn
            If nobody ever was a customer.
        """
        from evaluation.business.standing import Spells

        frame = self.spells_frame(instants)
        if frame.empty:
            raise NothingToLearn("Nobody ever was a customer", do="check label.churn against the tables' times")
        found = Spells.of(frame, self.engine.to_pandas(self.tables[CUSTOMERS.name].customer_id))
        self._put_places(found)
        return found

    def facts(self, table: str, edges: Sequence[datetime], customers: int) -> Purchases | None:
        """Add up the rows of a table between edges; None where the data do not bring it. Follows `spells`."""
        from evaluation.business.purchases import Purchases, bucketed

        if table not in self.tables:
            return None
        found = bucketed(table, self.tables[table], edges)
        return Purchases.of(self.placed(found), edges, customers)

    @cached_property
    def terms_frame(self) -> pd.DataFrame | None:
        """Paid terms with their prices, and ``place`` of the customer; None without contracts. Follows `spells`."""
        from evaluation.business.revenue import priced_terms
        from training.labels.contractual import Contractual

        if CONTRACTS.name not in self.tables:
            return None
        known = [each for each in self.outcomes if isinstance(each, Contractual)]
        definition = known[0] if known else Contractual(grace_days=0)
        terms = priced_terms(definition.terms(self.tables), self.tables[CONTRACTS.name], self.window.data_end)
        return self.placed(terms)

    def base(self, periods: Periods, months_back: Sequence[int] = ()) -> Base:
        """Bring together everything that the measures of periods are made of.

        Parameters
        ----------
        periods
            The periods.
        months_back
            Further lengths in months of what is looked at before an edge.
        """
        from evaluation.business.flows import Base, needed_edges
        from evaluation.business.periods import day_of, microseconds
        from evaluation.business.revenue import Terms
        from training.labels.outcome import ACTIVE_KINDS

        months = self.project.measures.revenue_months
        edges = needed_edges(periods, [months, *months_back])
        spells = self.spells(periods.edges)
        customers = len(spells.customers)
        orders = self.facts(ORDERS.name, edges, customers)
        return Base(
            spells=spells,
            active_kinds=ACTIVE_KINDS,
            orders=orders,
            activity=self.facts(USAGE_EVENTS.name, edges, customers) or orders,
            terms=None if self.terms_frame is None else Terms.of(self.terms_frame),
            revenue_months=months,
            begin=int(microseconds([day_of(self.begin_of(ORDERS.name), periods.zone)])[0]),
        )

    def attributes(self, base: Base) -> pd.DataFrame:
        """Give the customers table in the order of the customers of a base."""
        frame = self.engine.to_pandas(self.tables[CUSTOMERS.name])
        return frame.set_index(frame["customer_id"].astype(object)).reindex(base.spells.customers)

    def begin_of(self, table: str) -> datetime:
        """Instant of the first row of a table; of the data where there is no such table."""
        if table not in self.tables:
            return self.first
        found = self.tables[table][TABLES[table].happened_at].min()
        return self.engine.to_pandas(found).to_pydatetime()

    def _put_places(self, spells: Spells) -> None:
        import pandas as pd

        frame = pd.DataFrame({"customer_id": spells.customers, "place": range(len(spells.customers))})
        self.engine.create_table(PLACES, frame, temp=True, overwrite=True)

    def placed(self, rows: ir.Table) -> pd.DataFrame:
        """Read rows with the ``place`` of the customer for the id. Follows `spells`."""
        return self.engine.to_pandas(rows.inner_join(self.engine.table(PLACES), "customer_id").drop("customer_id"))


@contextmanager
def material_of(project: Project) -> Iterator[Material]:
    """Open the accepted tables of a project for reading.

    Raises
    ------
    NotReady
        If no tables have been accepted yet.
    ConfigError
        If the project is one flat table, which has no time.
    """
    from pipelines.warehouse.duckdb_file import backend, warehouse

    accepted = accepted_of(project)
    with warehouse(project.home, read_only=True) as connection:
        yield of_tables(project, backend(connection), accepted)


def of_tables(project: Project, engine: Any, accepted: Mapping[str, Any]) -> Material:
    """Give the material of accepted tables on an open connection."""
    from pipelines.panel import canonical_tables
    from pipelines.stages.label import window_of

    assert project.label is not None
    tables = canonical_tables(engine, accepted["schema"], accepted["tables"])
    window = window_of(project.label, dict(accepted))
    return Material(project, engine, tables, datetime.fromisoformat(accepted["first"]), window)


def accepted_of(project: Project) -> dict[str, Any]:
    """Load what the checks accepted.

    Raises
    ------
    NotReady
        If nothing has been accepted yet.
    ConfigError
        If the project is one flat table, which has no time.
    """
    if project.is_flat:
        raise ConfigError(
            f"Project {project.name} is one flat table, which has no time to measure over",
            allowed="a project with tables that have times",
            do="map tables with times (docs/guides/your-data.md)",
        )
    return Store(project.home / "artifacts").load("accepted")
