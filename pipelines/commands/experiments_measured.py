"""The command that measures experiments on customers: what became of those whose window is over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.act_books import ActBooks
from pipelines.actions.statements import LOST
from pipelines.artifacts import Store
from pipelines.commands.experiments import find_plan, show_experiment, write_results
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import DataError, NotReady
from pipelines.lock import workspace_lock
from pipelines.warehouse import experiments as ledger
from pipelines.warehouse.duckdb_file import backend, warehouse

if TYPE_CHECKING:
    import pandas as pd


def measure_experiments(project_name: str, name: str | None) -> None:
    """Say what happened to those whose window is over, and write effects and decision.

    Parameters
    ----------
    project_name
        The project.
    name
        The experiment; none for every one of which somebody's window is over.

    Raises
    ------
    NotReady
        If no window is over yet.
    """
    project = load_project(project_name)
    books = ActBooks.of(project)
    names = [name] if name else list(books.plans)
    plans = {each: find_plan(books, each) for each in names}
    accepted = Store(project.home / "artifacts").load("accepted")
    with workspace_lock(project.home, "experiments measure"), warehouse(project.home) as connection:
        measured = [each for each in plans if _measured(connection, project, books, each, accepted)]
    if not measured:
        raise NotReady(
            f"No window of {name or 'an experiment'} is over at {_data_end(project, accepted):%Y-%m-%d}",
            do="wait, or churnlab act, churnlab experiments assign NAME where nobody has an arm yet",
        )
    if name:
        show_experiment(project_name, name, "en")
    else:
        Console().line(f"Measured: {', '.join(measured)}. Next: churnlab experiments review -p {project.name}")


def _measured(connection: Any, project: Project, books: ActBooks, name: str, accepted: dict[str, Any]) -> bool:
    """Measure one experiment; give whether the window of anybody is over."""
    from pipelines.actions.experiments_outcomes import outcomes, over

    plan, today = books.plans[name], _data_end(project, accepted)
    finished = over(ledger.rows_of(connection, ledger.ASSIGNMENTS, name), plan, today)
    if finished.empty:
        return False
    audience = books.playbooks[plan.playbook].definition.audience
    gone = _not_back if audience == LOST else _left
    left = gone(connection, project, finished, accepted, today)
    made = outcomes(connection, plan, finished, left, set(accepted["tables"]), accepted["schema"])
    write_results(connection, project, name, plan, made, today)
    return True


def _left(
    connection: Any, project: Project, finished: pd.DataFrame, accepted: dict[str, Any], today: datetime
) -> pd.DataFrame:
    """Give who left within the window after the assignment, by the project's own definition of leaving."""
    from training.labels.outcome import Window, labels

    tables, definitions = _known(connection, project, accepted)
    window_days = (finished["measured_until"] - finished["assigned_at"]).dt.days.iloc[0]
    window = Window(int(window_days), 0, today)
    found = labels(definitions, tables, _instants(finished["assigned_at"]), window).execute()
    return found.loc[found["churned"] == 1, ["customer_id", "cutoff"]]


def _not_back(
    connection: Any, project: Project, finished: pd.DataFrame, accepted: dict[str, Any], today: datetime
) -> pd.DataFrame:
    """Give who had left before and is no customer when the window is over."""
    from training.labels.outcome import risk_set

    del today  # nobody can be back later than the end of a window that is over
    tables, definitions = _known(connection, project, accepted)
    back = risk_set(definitions, tables, _instants(finished["measured_until"])).execute()
    here = set(zip(back["customer_id"], back["cutoff"], strict=True))
    is_gone = [pair not in here for pair in zip(finished["customer_id"], finished["measured_until"], strict=True)]
    return finished.loc[is_gone, ["customer_id", "assigned_at"]].rename(columns={"assigned_at": "cutoff"})


def _known(connection: Any, project: Project, accepted: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Give the canonical tables, and what leaving is."""
    from pipelines.outcomes import outcomes
    from pipelines.panel import canonical_tables

    if project.label is None:
        raise DataError("a flat table has no time, so that nothing can be measured after an assignment")
    tables = canonical_tables(backend(connection), accepted["schema"], accepted["tables"])
    return tables, outcomes(project.label.churn)


def _instants(column: pd.Series[Any]) -> list[datetime]:
    return [instant.to_pydatetime() for instant in sorted(column.unique())]


def _data_end(project: Project, accepted: dict[str, Any]) -> datetime:
    if project.label is not None and project.label.data_end is not None:
        return project.label.data_end.replace(tzinfo=None)
    return datetime.fromisoformat(accepted["last"]).replace(tzinfo=None)
