"""What was judged about the model, for the pages that tell of it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from evaluation.value_names import ValueNames
from pipelines.artifacts import Store
from pipelines.config import Project
from pipelines.report.terms import Judged


def judged_of(project: Project) -> Judged | None:
    """Give the newest judgement; nothing where no model has been judged."""
    folder = project.home / "artifacts"
    place = Store(folder).path("judged")
    return _read(folder, place.stat().st_mtime_ns, project.value_names) if place.exists() else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(folder: Path, written: int, _names: ValueNames) -> Judged:
    from pipelines.judging.judge import read_tables

    store = Store(folder)
    return Judged(store.load("judged"), read_tables(store.load("judged_tables")), _names)
