"""What a registered version learnt from, kept with it, so that it can be exported long after the line moved on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.artifact_records import Learnt
from pipelines.config import Project, dump
from pipelines.records import read_record

if TYPE_CHECKING:
    from features.declared import SignalColumn

FILE = "learnt.json"
ANOTHER = 'choose another version: churnlab promote --to VERSION --because "...", or train again'


def learnt(project: Project, flat: bool, tables: Sequence[str], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Say what a model reads and what it foretells.

    Parameters
    ----------
    project
        The project.
    flat
        Whether it learnt from one table without a time axis.
    tables
        Names of the tables that the project's data bring.
    kinds
        ``number`` or ``category`` for each column that the model reads, in its order.

    Returns
    -------
    dict
        ``project``, ``flat``, ``label`` (none for a flat table), ``kinds``, ``tables`` that scoring has to read,
        ``definitions``: the fingerprint of each signal, and ``lacking``: columns without values that signals read.
    """
    said: dict[str, Any] = {
        "project": project.name,
        "flat": flat,
        "label": dump(project)["label"],
        "kinds": dict(kinds),
    }
    if flat:
        return {**said, "tables": [], "definitions": {}}
    from features.fingerprint import fingerprints
    from pipelines.panel import project_signals
    from pipelines.scoring.doubts import LACKING, lacking_columns

    known = project_signals(project)
    columns = {name: known[name] for name in kinds}
    said |= {"tables": _tables(project, columns, tables), "definitions": fingerprints(columns)}
    return {**said, LACKING: lacking_columns(project.home, columns)}


def write_learnt(folder: Path, said: Mapping[str, Any]) -> Path:
    """Write it into a folder."""
    file = folder / FILE
    file.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def read_learnt(folder: Path) -> dict[str, Any] | None:
    """Read it from below a folder; none for a version that was registered by other means.

    Raises
    ------
    NotReady
        If it is damaged.
    """
    found = next(iter(sorted(folder.rglob(FILE))), None)
    return None if found is None else dict(read_record(found, Learnt, ANOTHER))


def _tables(project: Project, columns: Mapping[str, SignalColumn], brought: Sequence[str]) -> list[str]:
    """Tables that the signals and the definition of leaving read, of those that the data bring."""
    from features.tables import TABLES
    from pipelines.outcomes import outcomes

    assert project.label is not None
    read = {outcome.table for outcome in outcomes(project.label.churn)}
    read = read.union(*(column.signal.tables for column in columns.values()))
    return [name for name in TABLES if name in read and name in brought]
