"""What the tables and columns of scores mean: comments in databases, and the dictionary beside files."""

from __future__ import annotations

TABLES = {
    "churn_scores": "How likely each customer is to leave, one row a customer, instant, horizon and model version",
    "churn_reasons": "What raises a customer's risk, the strongest first",
    "churn_moves": "What moved a customer's score since the time before",
    "churn_levers": "What one can act on that goes with a lower score",
    "score_coverage": "What became of every customer in a scoring run: scored, left out and why, or failed",
    "score_runs": "Scoring runs; an instant is complete here when its run has status finished",
    "churn_scores_current": "The scores of the newest finished run, as long as they are valid",
}

COLUMNS = {
    "as_of": "Instant of the score, UTC: only what was known before it was used",
    "band": "Class of the probability: high, medium or low; empty for shorter horizons",
    "change": "Change in probability",
    "contribution": "Log odds that the signal adds to the score",
    "customer_id": "The customer's id, as the source tables have it",
    "customers": "Number of customers",
    "eligible": "Customers that were to be scored: scored, excluded and failed together",
    "excluded": "Customers left out, such as those who were no customers at the instant",
    "failed": "Customers whose score failed",
    "finished_at": "When the run ended, UTC",
    "from_data": "Part of the change that comes from new data",
    "from_model": "Part of the change that comes from another model",
    "from_time": "Part of the change that comes from passing time",
    "horizon_days": "Days that the probability looks ahead; 0 for a table without times",
    "lever": "What one can act on",
    "model_name": "Registered model",
    "model_version": "Version of the registered model",
    "outcome": "What became of the customers",
    "position": "Place in the order, from 1",
    "previous_as_of": "Instant of the score before, UTC",
    "previous_model_version": "Version of the model that gave the score before",
    "probability": "Probability of leaving within the horizon, 0 to 1",
    "probability_after": "Probability now",
    "probability_before": "Probability of the time before",
    "probability_high": "Upper end of the probability, where intervals are on",
    "probability_low": "Lower end of the probability, where intervals are on",
    "probability_then": "Probability with the value as it usually is among peers",
    "rank": "Place among all customers of the run, 1 for the highest probability",
    "reason": "Why",
    "run_id": "The scoring run",
    "scored": "Customers scored",
    "sentence_en": "In English",
    "sentence_zh": "In Chinese",
    "signal": "Name of the signal",
    "similar_customers": "Peers whose value is as good",
    "started_at": "When the run began, UTC",
    "status": "finished: complete; delivering: rows are being written; other: not to be used",
    "target": "The value that is usual among peers",
    "usual": "The value that is usual among peers",
    "valid_until": "End of the score's validity, UTC",
    "value": "The value of the signal",
    "churn_scores.value": "What keeping the customer is worth, in the project's currency",
    "value_at_risk": "What is expected to be lost: probability times value",
    "value_before": "The value of the time before",
}


def meaning(table: str, column: str) -> str:
    """Say what a column of a table means; an empty text where nothing is said.

    >>> meaning("churn_scores", "band")
    'Class of the probability: high, medium or low; empty for shorter horizons'
    """
    return COLUMNS.get(f"{table}.{column}") or COLUMNS.get(column, "")
