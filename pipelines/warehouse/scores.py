"""The tables that the scoring job leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = "scores"


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """A table of the contract.

    Parameters
    ----------
    name
        Table name.
    columns
        Column name to SQL type.
    key
        Columns that tell one row from another.
    unchanging
        Columns that keep their first value when the row is written again.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    unchanging: tuple[str, ...] = ()


SCORE_KEY = ("customer_id", "as_of", "horizon_days", "model_version")

CHURN_SCORES = ScoreTable(
    "churn_scores",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "probability": "DOUBLE",
        "probability_low": "DOUBLE",
        "probability_high": "DOUBLE",
        "band": "VARCHAR",
        "rank": "INTEGER",
        "valid_until": "TIMESTAMP",
        "run_id": "VARCHAR",
        "value": "DOUBLE",
        "value_at_risk": "DOUBLE",
    },
    SCORE_KEY,
)

CHURN_REASONS = ScoreTable(
    "churn_reasons",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "position": "INTEGER",
        "signal": "VARCHAR",
        "value": "VARCHAR",
        "usual": "VARCHAR",
        "contribution": "DOUBLE",
        "sentence_en": "VARCHAR",
        "sentence_zh": "VARCHAR",
    },
    (*SCORE_KEY, "position"),
)

CHURN_MOVES = ScoreTable(
    "churn_moves",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "position": "INTEGER",
        "previous_as_of": "TIMESTAMP",
        "previous_model_version": "VARCHAR",
        "probability_before": "DOUBLE",
        "probability_after": "DOUBLE",
        "signal": "VARCHAR",
        "value_before": "VARCHAR",
        "value": "VARCHAR",
        "change": "DOUBLE",
        "from_data": "DOUBLE",
        "from_time": "DOUBLE",
        "from_model": "DOUBLE",
        "sentence_en": "VARCHAR",
        "sentence_zh": "VARCHAR",
    },
    (*SCORE_KEY, "position"),
)

CHURN_LEVERS = ScoreTable(
    "churn_levers",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "position": "INTEGER",
        "lever": "VARCHAR",
        "signal": "VARCHAR",
        "value": "VARCHAR",
        "target": "VARCHAR",
        "probability_then": "DOUBLE",
        "change": "DOUBLE",
        "similar_customers": "INTEGER",
        "sentence_en": "VARCHAR",
        "sentence_zh": "VARCHAR",
    },
    (*SCORE_KEY, "position"),
)

SCORE_RUNS = ScoreTable(
    "score_runs",
    {
        "run_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "model_name": "VARCHAR",
        "model_version": "VARCHAR",
        "eligible": "INTEGER",
        "scored": "INTEGER",
        "excluded": "INTEGER",
        "failed": "INTEGER",
        "status": "VARCHAR",
        "started_at": "TIMESTAMP",
        "finished_at": "TIMESTAMP",
    },
    ("run_id",),
    ("started_at", "finished_at"),
)

SCORE_COVERAGE = ScoreTable(
    "score_coverage",
    {"run_id": "VARCHAR", "outcome": "VARCHAR", "reason": "VARCHAR", "customers": "INTEGER"},
    ("run_id", "outcome", "reason"),
)

TOLD = (CHURN_REASONS, CHURN_MOVES, CHURN_LEVERS)
"""Tables that say more about a score; they hold rows of some customers only."""

TABLES = (CHURN_SCORES, *TOLD, SCORE_COVERAGE, SCORE_RUNS)

FINISHED, INCOMPLETE = "finished", "incomplete"
"""What a run can come to; readers of current scores see those of finished runs only."""

UNKNOWN, GONE, LEFT = "not known at this time", "not a customer at this time", "already left"
"""Why a customer is not scored."""

CURRENT = f"""
CREATE OR REPLACE VIEW {SCHEMA}.churn_scores_current AS
SELECT scores.* FROM {SCHEMA}.churn_scores scores
SEMI JOIN (
  SELECT as_of, model_version FROM {SCHEMA}.score_runs WHERE status = '{FINISHED}'
  ORDER BY as_of DESC, finished_at DESC, run_id LIMIT 1
) newest ON scores.as_of = newest.as_of AND scores.model_version = newest.model_version
WHERE scores.valid_until > now()::TIMESTAMP
"""
"""The scores of the newest finished run, as long as they are valid."""
