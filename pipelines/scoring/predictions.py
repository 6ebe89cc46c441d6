"""From signals to probabilities and bands, a batch at a time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.bands import steady_bands
from pipelines.config_score import ScoreSettings
from pipelines.scoring.ranking import Ranking
from pipelines.scoring.source import Batch, Source
from pipelines.scoring.spool import spooled

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.horizons import Horizons
    from training.model import FittedModel

STAGED = "_predictions"
_COLUMNS = {
    "customer_id": "VARCHAR",
    "horizon_days": "INTEGER",
    "probability": "DOUBLE",
    "probability_low": "DOUBLE",
    "probability_high": "DOUBLE",
    "band": "VARCHAR",
    "value": "DOUBLE",
    "rank": "INTEGER",
}
RANKED_BY = ("customer_id", "probability")


@dataclass(frozen=True)
class Scorer:
    """What turns signals into scores.

    Parameters
    ----------
    model
        The champion.
    horizons
        How its risk is spread over shorter horizons, if it is.
    horizon_days
        Days that the model looks ahead.
    settings
        Bands.
    value_column
        Column of the source that says what a customer is worth, if there is one.
    """

    model: FittedModel
    horizons: Horizons | None
    horizon_days: int
    settings: ScoreSettings
    value_column: str | None = None

    @property
    def columns(self) -> list[str]:
        """Columns of the source that are read."""
        value = [self.value_column] if self.value_column else []
        return list(dict.fromkeys([*self.model.features, *value]))

    def score(self, signals: Any) -> dict[int, Any]:
        """Score the customers of an Arrow record batch: by horizon a table of a row a customer."""
        import pyarrow as pa

        frame = signals.drop_columns(["customer_id"]).to_pandas(split_blocks=True)
        probability = self.model.predict(frame)
        nothing = pa.nulls(len(probability), pa.float64())
        ends = self.model.venn_abers
        low, high = ends.interval(probability) if ends else (nothing, nothing)
        band = pa.array(steady_bands(probability, self.settings, frame.get("band_before")))
        scores = {self.horizon_days: self._rows(signals, self.horizon_days, probability, low, high, band)}
        if self.horizons is not None:
            risk = self.horizons.risk(frame, probability)
            # A band belongs to the whole horizon, so that nobody is counted twice.
            no_band = pa.nulls(len(probability), band.type)
            for days, own in zip(self.horizons.days[:-1], risk.T, strict=False):
                scores[int(days)] = self._rows(signals, int(days), own, nothing, nothing, no_band)
        return scores

    def _rows(self, signals: Any, days: int, probability: Any, low: Any, high: Any, band: Any) -> Any:
        import numpy as np
        import pyarrow as pa

        rows = len(probability)
        value = signals.column(self.value_column) if self.value_column else pa.nulls(rows, pa.float64())
        horizon = np.full(rows, days, dtype=np.int32)
        columns = (signals.column("customer_id"), horizon, np.ascontiguousarray(probability), low, high, band, value)
        return pa.table(dict(zip(_COLUMNS, columns, strict=False)))


@dataclass
class Predicted:
    """What came of all batches: customers scored, and the batches that failed with the reason."""

    scored: int = 0
    failed: dict[Batch, str] = field(default_factory=dict)


def predict_all(
    source: Source, scorer: Scorer, bands_before: str | None, progress: Callable[[str, float], None]
) -> Predicted:
    """Score every customer of the source into the temporary table :data:`STAGED`.

    A batch that fails is left out and told; the others are scored all the same.
    """
    from training.errors import TrainingError

    done, ranking = Predicted(), Ranking()

    def put_aside(signals: Any) -> None:
        for days, scores in scorer.score(signals).items():
            spool.add(scores)
            ranking.add(days, *(scores.column(name).combine_chunks() for name in RANKED_BY))

    def settle(batch: Batch, work: Future[None]) -> None:
        try:
            work.result()
        except TrainingError as error:
            done.failed[batch] = str(error)
        except ValueError as error:  # The words of other libraries may hold values of customers.
            done.failed[batch] = type(error).__name__
        else:
            done.scored += batch.rows

    def stream() -> None:
        """Let the connection read one batch while the model works on the one before; hold none in the end."""
        under_way: deque[tuple[Batch, Future[None]]] = deque()
        with ThreadPoolExecutor(max_workers=1) as worker:
            for batch, signals in source.stream(scorer.columns, bands_before):
                progress(f"{done.scored:,} of {source.rows:,} customers", batch.start / source.rows)
                if under_way:
                    settle(*under_way.popleft())
                under_way.append((batch, worker.submit(put_aside, signals)))
            for each in under_way:
                settle(*each)

    with spooled(source.connection) as spool:
        stream()
        spool.bring(STAGED, _COLUMNS, ranking.ranks(lambda: spool.column("customer_id")))
    return done
