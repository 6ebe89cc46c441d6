"""How often customers change band, and back, by how far the odds must pass an edge: after `churnlab run`.

    python -m benchmarks.band_flips                   # the demo project's newest champion, scored every 3 days

The champion scores the customers of each of eleven instants up to the newest day. Counted are changes of band from one
instant to the next, those that the next instant takes back, and customers whose band is another than the plain one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

MARGINS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
INSTANTS = 11


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", default="demo")
    parser.add_argument("--every-days", type=int, default=3)
    given = parser.parse_args()
    probability, edges = scores(given.project, given.every_days)
    print(f"{len(probability):,} customers at {probability.shape[1]} instants, {given.every_days} days apart")
    print("  band_hysteresis_share   changes a score   taken back at the next   other than the plain band")
    for margin in MARGINS:
        told(probability, edges, margin)


def scores(project_name: str, every_days: int) -> tuple[pd.DataFrame, list[float]]:
    """Probabilities of the customers who are there at every instant, and the edges of the bands."""
    from pipelines.artifacts import Store
    from pipelines.config import load_project
    from pipelines.exported.manifest import read_export
    from pipelines.standing import Standing
    from pipelines.warehouse.duckdb_file import warehouse
    from training.model import load_model

    project = load_project(project_name)
    store = Store(project.home / "artifacts")
    manifest, model = read_export(store.path("export")), load_model(store.path("export") / "model")
    newest = datetime.fromisoformat(store.load("scored")["as_of"])
    instants = [newest - timedelta(days=back * every_days) for back in reversed(range(INSTANTS))]
    with warehouse(project.home) as connection:
        standing = Standing.of(connection, project, manifest, store.load("accepted"))
        people = standing.customers(instants[0])
        for instant in instants[1:]:
            people = people.union(standing.customers(instant))
        frames = {at: table.to_pandas() for at, table in standing.signals(people, instants).items()}
    columns = {at: pd.Series(model.predict(frame), index=frame["customer_id"]) for at, frame in frames.items()}
    return pd.concat(columns, axis=1).sort_index(axis=1).dropna(), sorted(project.score.bands.values())


def told(probability: pd.DataFrame, edges: Sequence[float], margin: float) -> None:
    """Print one line."""
    from evaluation.model.stability import band_of, steady_band

    band, history = np.full(len(probability), -1), []
    for instant in probability:
        band = steady_band(band, probability[instant], edges, margin)
        history.append(band)
    steady = np.array(history)
    plain = np.array([band_of(probability[instant], edges) for instant in probability])
    changed = steady[1:] != steady[:-1]
    back = changed[:-1] & (steady[2:] == steady[:-2])
    undone = back.sum() / max(changed[:-1].sum(), 1)
    print(f"  {margin:>21.2f}{changed.mean():>18.2%}{undone:>25.0%}{(steady != plain).mean():>28.1%}")


if __name__ == "__main__":
    main()
