"""The commands that begin and prove signals of the user's own."""

from __future__ import annotations

import re
from pathlib import Path

from features.tables import TABLES
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, DataError
from pipelines.ingest.nearest import nearest

_MEASURE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_SKELETON = '''"""{title}."""

from features.facts import Facts
from features.signal import signal
from features.tables import {constant}
from features.terms import Term


@signal(
    {constant},
    days=(30, 90),  # windows before the cutoff; leave it out to look at the whole history
    unit="rows",
    empty=0,  # what a customer without rows gets; None for missing
    risk="none",  # rises, falls or none: where the risk of leaving grows
    say={{
        "en": "{{value}} rows in the last {{days}} days",
        "zh": "近 {{days}} 天有 {{value}} 条记录",
    }},
    # The example is the test: times are relative to the cutoff, and what happens at 0d is not known yet.
    example="""
    {happened_at}
    -1d
    -40d
    0d
    => 30d: 1, 90d: 2
    """,
)
def {measure}(t: Facts) -> Term:
    """Number of rows: say here in one sentence what you count."""
    return t.count()
'''


def begin_signal(project_name: str, measure: str, table: str, folder: Path | None) -> None:
    """Write a file with a signal that runs, to be changed.

    Raises
    ------
    ConfigError
        If the name or the table cannot be, or the file exists.
    """
    project = load_project(project_name)
    _check(measure, table)
    target = (folder or _own_folder(project)) / f"{measure}.py"
    if target.exists():
        raise ConfigError(f"{target} exists", do="choose another name, or change that file")
    target.parent.mkdir(parents=True, exist_ok=True)
    title = measure.replace("_", " ").capitalize()
    target.write_text(
        _SKELETON.format(title=title, constant=table.upper(), measure=measure, happened_at=TABLES[table].happened_at),
        encoding="utf-8",
    )
    console = Console()
    console.line(f"Wrote {target}.")
    if folder is not None and folder not in project.features.folders:
        console.line(f"Add {folder} to features.folders of the project, so that it is found.")
    console.line(f"Columns of {table}: {', '.join(column.name for column in TABLES[table].all_columns)}.")
    console.line("Next: change what it counts and its example, then churnlab signals test.")


def prove_signals(project_name: str, everything: bool) -> None:
    """Compute the examples of the project's own signals, or of all.

    Raises
    ------
    ConfigError
        If there are none.
    DataError
        If an example does not give what it says.
    """
    import ibis

    from features.proof import prove
    from features.signal import discover

    project = load_project(project_name)
    shipped = discover()
    signals = {
        name: each for name, each in discover(project.features.folders).items() if everything or name not in shipped
    }
    if not signals:
        folders = ", ".join(map(str, project.features.folders)) or "no folder"
        raise ConfigError(
            f"There are no signals of your own in {folders}", do="churnlab signals new NAME --table TABLE"
        )
    proofs = prove(ibis.duckdb.connect(), signals)
    for proof in proofs:
        if not proof.holds:
            Console().line(f"{proof.name}: the example says {proof.expected}, computed is {proof.value}")
    failed = sum(not proof.holds for proof in proofs)
    if failed:
        raise DataError(f"{failed} of {len(proofs)} values differ from their example", do="mend definition or example")
    Console().line(f"{len(proofs)} values of {len(signals)} signals are as their examples say.")


def _own_folder(project: Project) -> Path:
    if not project.features.folders:
        raise ConfigError("features.folders names no folder", do="add one to the project, or give --folder")
    return project.features.folders[0]


def _check(measure: str, table: str) -> None:
    if not _MEASURE.match(measure):
        raise ConfigError(
            f"'{measure}' cannot name a signal", allowed="lower snake case without double underscores", do="rename it"
        )
    if table not in TABLES:
        raise ConfigError(
            f"There is no table '{table}'", allowed=nearest(table, TABLES), do="choose one: " + ", ".join(TABLES)
        )
