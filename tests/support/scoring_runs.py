"""A small model, and runs of the scoring job with it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from pipelines.config import load_project
from pipelines.console import Console, Progress
from pipelines.scoring.before import Before
from pipelines.scoring.job import Job, now, run_job
from pipelines.scoring.source import Source
from pipelines.scoring.subjects import Subjects
from pipelines.scoring.value import Value
from training.contributions import Contributions
from training.errors import TrainingError

INSTANT = datetime(2026, 10, 1)
ACCEPTED = {"flat": True, "schema": "main", "tables": [], "content": "1"}


class Halves:
    """A model whose probability is half of one column; no intervals."""

    venn_abers = None

    def __init__(self, refused=()):
        self.features = ["share", "plan"]
        self.refused = set(refused)

    def predict(self, frame):
        if self.refused & set(frame["share"]):
            raise TrainingError("a share that is refused", "another", "mend it")
        return frame["share"].to_numpy() / 2

    def contributions(self, frame):
        parts = np.column_stack([frame["share"], np.zeros(len(frame))])
        return Contributions(tuple(self.features), parts, 0.0)


def small_project(*more):
    """The demo company's settings with two bands, and nothing told but what is asked for."""
    return load_project("conf/demo.yaml", ["score.bands={high: 0.4, medium: 0.2}", "score.reason_bands=[]", *more])


def customers(shares, pays=None):
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(len(shares))],
            "share": shares,
            "plan": "basic",
            "pays": np.nan if pays is None else pays,
        }
    )


def run(connection, project, frame, *, model=None, value=None, excluded=None, instant=INSTANT, version="1"):
    connection.register("frame", frame)
    connection.execute("CREATE OR REPLACE TABLE signals AS FROM frame")
    subjects = Subjects(Source.of(connection, "signals"), excluded or {}, value or Value(None), None, instant)
    manifest = {"project": "demo", "version": version, "files": {}, "label": {"horizon_days": 60}, "model": "churn"}
    job = Job(project, project.score, ACCEPTED, manifest, model or Halves(), None, instant, now())
    before = Before.of(connection, instant, 60)
    return run_job(connection, job, subjects, before, Progress(Console(quiet=True), "score"))
