"""What was known in advance: the leavers' scores of before, what scores foretold and what came, whether alerts hit.

Only what stood in a score of before counts. A score that was made after its customer had left proves nothing, because
its model may have learnt from that: how many were made in time is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipelines.review.scene import LEFT, Run, Scene, run_between

DAYS_BEFORE = (14, 30, 60)
MOST_CUTOFFS = 12
LONG_AGO = datetime(1970, 1, 1)
OUTCOMES = "review_outcomes"
_FOUND = f"""
    WITH asked AS (SELECT customer_id, ended, unnest(?::INTEGER[]) AS days FROM {LEFT}),
    known AS (
      SELECT asked.*, band, finished_at < ended AS in_time FROM asked
      JOIN from_churn_scores scores
        ON scores.customer_id = asked.customer_id AND band IS NOT NULL
           AND scores.as_of <= ended - to_days(days) AND scores.as_of > ended - to_days(days) - to_days(?)
      JOIN from_score_runs runs USING (as_of, model_version)
      WHERE runs.status = 'finished'
      QUALIFY row_number() OVER (
        PARTITION BY asked.customer_id, days ORDER BY as_of DESC, finished_at DESC, runs.run_id) = 1
    )
    SELECT days, count(*) AS leavers, count(band) AS scored, count(*) FILTER (band = 'high') AS high,
           count(*) FILTER (band = 'medium') AS medium, count(*) FILTER (in_time) AS in_time
    FROM asked LEFT JOIN known USING (customer_id, ended, days) GROUP BY days ORDER BY days
"""
_FORETOLD = f"""
    SELECT band, count(*) AS customers, sum(probability) AS expected, sum(churned)::BIGINT AS came
    FROM from_churn_scores scores JOIN {OUTCOMES} outcomes
      ON outcomes.customer_id = scores.customer_id AND outcomes.cutoff = scores.as_of
    WHERE as_of = ? AND model_version = ? AND horizon_days = ? AND churned IS NOT NULL
    GROUP BY band ORDER BY expected / customers DESC
"""
_FIRED_AT = """
    SELECT DISTINCT fired_as_of AS cutoff FROM from_alerts WHERE fired_as_of <= ? ORDER BY cutoff DESC LIMIT ?
"""
_HITS = f"""
    SELECT rule, count(*) AS alerts, count(DISTINCT from_alerts.customer_id) AS customers, sum(churned)::BIGINT AS came
    FROM from_alerts JOIN {OUTCOMES} outcomes
      ON outcomes.customer_id = from_alerts.customer_id AND outcomes.cutoff = fired_as_of
    WHERE churned IS NOT NULL AND list_contains(?, fired_as_of) GROUP BY rule ORDER BY alerts DESC, rule
"""
_USUAL = f"SELECT avg(churned) AS rate FROM {OUTCOMES} WHERE list_contains(?, cutoff)"


@dataclass(frozen=True, eq=False)
class Ahead:
    """What was known in advance.

    Parameters
    ----------
    found
        For each number of days before the end: ``days``, ``leavers`` of the month, ``scored`` (by a score no older than
        the horizon), ``high``, ``medium``, and ``in_time``: whose score was made before they had left.
    run, foretold
        The newest run whose outcomes are all known by the end of the month, and by band ``customers``, ``expected``
        and ``came`` (who left). None and empty where there is none.
    hits, usual_rate
        Alerts whose outcomes are known by the end of the month: ``rule``, ``alerts``, ``customers``, ``came``; and the
        share of all customers who left after the same instants.
    reach
        Time from a score to the end of what it foretells.
    """

    found: list[dict[str, Any]]
    run: Run | None
    foretold: list[dict[str, Any]]
    hits: dict[str, dict[str, Any]]
    usual_rate: float | None
    reach: timedelta


def ahead(scene: Scene) -> Ahead:
    """Read what was known in advance of a month's end."""
    window, known_by = scene.material.window, scene.month.ends_at - scene.reach
    found = scene.rows(_FOUND, [list(DAYS_BEFORE), window.horizon_days]) if scene.has_scores else []
    run = run_between(scene.connection, LONG_AGO, known_by)
    fired = [row["cutoff"] for row in scene.rows(_FIRED_AT, [known_by, MOST_CUTOFFS])]
    _find_outcomes(scene, sorted({*fired, *([run.as_of] if run else [])}))
    key = [run.as_of, run.model_version, window.horizon_days] if run else [None] * 3
    hits = {row["rule"]: row for row in scene.rows(_HITS, [fired])}
    return Ahead(found, run, scene.rows(_FORETOLD, key), hits, scene.row(_USUAL, [fired])["rate"], scene.reach)


def share_interval(part: float, whole: float) -> tuple[float, float]:
    """Give the 95 % interval of a share seen among a count (Wilson).

    >>> [round(end, 3) for end in share_interval(5, 10)]
    [0.237, 0.763]
    """
    import numpy as np

    from evaluation.model.shares import wilson_interval

    low, high = wilson_interval(np.array([part / whole]), np.array([float(whole)]))
    return float(low[0]), float(high[0])


def _find_outcomes(scene: Scene, cutoffs: Sequence[datetime]) -> None:
    """Put who left after some instants into `OUTCOMES`, by the definition that models learn."""
    import ibis

    from pipelines.outcomes import outcomes
    from training.labels.outcome import Window, labels

    engine, window, label = scene.material.engine, scene.material.window, scene.project.label
    if not cutoffs or label is None:
        nobody = ibis.schema({"customer_id": "string", "cutoff": "timestamp(6)", "churned": "int8"})
        engine.create_table(OUTCOMES, schema=nobody, temp=True, overwrite=True)
        return
    by_the_end = Window(window.horizon_days, window.gap_days, scene.month.ends_at)
    found = labels(outcomes(label.churn), scene.material.tables, cutoffs, by_the_end)
    engine.create_table(OUTCOMES, found.drop("churned_at"), temp=True, overwrite=True)
