"""How each table of the mart comes from what the line left: one SELECT a table.

Variables: `newest` and `horizon` of the newest finished run, days of history and events. Of each day only the newest
finished run counts. The order in the file is that of the SELECT, so that one customer's rows lie together.
"""

from __future__ import annotations

from pipelines.mart.action_statements import SELECTS as ACTION_SELECTS

PREPARED = """
CREATE OR REPLACE TEMP TABLE runs AS
SELECT as_of, model_version FROM from_score_runs
WHERE status = 'finished' AND as_of <= getvariable('newest')
      AND as_of > getvariable('newest') - to_days(getvariable('history_days'))
QUALIFY row_number() OVER (PARTITION BY as_of::DATE ORDER BY as_of DESC, finished_at DESC, run_id) = 1;

CREATE OR REPLACE TEMP TABLE scored AS FROM from_churn_scores SEMI JOIN runs USING (as_of, model_version);

CREATE OR REPLACE TEMP TABLE latest AS
FROM scored WHERE as_of = getvariable('newest') AND horizon_days = getvariable('horizon');

CREATE OR REPLACE TEMP TABLE before AS
FROM scored WHERE horizon_days = getvariable('horizon') AND as_of = (
  SELECT max(as_of) FROM scored WHERE horizon_days = getvariable('horizon') AND as_of < getvariable('newest')
);

CREATE OR REPLACE TEMP TABLE told AS
SELECT customer_id,
       ',' || string_agg(DISTINCT split_part(signal, '__', 1), ',' ORDER BY split_part(signal, '__', 1)) || ','
         AS reason_topics,
       max(sentence_en) FILTER (position = 1) AS reason_1_en, max(sentence_zh) FILTER (position = 1) AS reason_1_zh,
       max(sentence_en) FILTER (position = 2) AS reason_2_en, max(sentence_zh) FILTER (position = 2) AS reason_2_zh,
       max(sentence_en) FILTER (position = 3) AS reason_3_en, max(sentence_zh) FILTER (position = 3) AS reason_3_zh
FROM from_churn_reasons SEMI JOIN latest USING (customer_id, as_of, horizon_days, model_version)
GROUP BY customer_id;

CREATE OR REPLACE TEMP VIEW segments AS
SELECT customer_id, rfm_class, lifecycle_stage, tier FROM from_customer_segments;
"""


def _called(*columns: str) -> str:
    """Give columns and what their values are called in both languages."""
    return ", ".join(
        f"{name}, in_english('{name}', {name}) AS {name}_en, in_chinese('{name}', {name}) AS {name}_zh"
        for name in columns
    )


_ATTRIBUTES = f"""
    customers.name AS customer_name, customers.owner, customers.signed_up_at::DATE AS signed_up_date,
    {_called("industry", "company_size", "region", "channel", "rfm_class", "lifecycle_stage", "tier")}
"""

_SEGMENT = """
    segmentation, in_english('segmentation', segmentation) AS segmentation_en,
    in_chinese('segmentation', segmentation) AS segmentation_zh, segment AS segment_name,
    segment_in_english(segmentation, segment) AS segment_en, segment_in_chinese(segmentation, segment) AS segment_zh
"""

_EVENTS = """
WITH happened AS (
  SELECT customer_id, started_at AS happened_at, 'contracts' AS event_kind,
         CASE WHEN is_trial THEN 'trial' WHEN renewal_of IS NOT NULL THEN 'renewed' ELSE 'started' END AS event_detail,
         plan AS event_text, monthly_price AS amount, NULL AS event_state, known_at
  FROM from_contracts
  UNION ALL BY NAME
  SELECT customer_id, renewal_offered_at AS happened_at, 'contracts' AS event_kind, 'renewal_offered' AS event_detail,
         plan AS event_text, renewal_price AS amount, known_at FROM from_contracts
  UNION ALL BY NAME
  SELECT customer_id, cancelled_at AS happened_at, 'contracts' AS event_kind, 'cancelled' AS event_detail,
         cancel_reason AS event_text, known_at FROM from_contracts
  UNION ALL BY NAME
  SELECT customer_id, ended_at AS happened_at, 'contracts' AS event_kind, 'ended' AS event_detail, plan AS event_text,
         known_at FROM from_contracts
  UNION ALL BY NAME
  SELECT customer_id, ordered_at AS happened_at, 'orders' AS event_kind, 'order' AS event_detail,
         category AS event_text, amount,
         CASE WHEN returned_at < getvariable('newest') THEN 'returned' END AS event_state, known_at FROM from_orders
  UNION ALL BY NAME
  SELECT customer_id, due_at AS happened_at, 'payments' AS event_kind, 'invoice' AS event_detail, amount,
         CASE WHEN failed_at < getvariable('newest') THEN 'failed'
              WHEN paid_at < getvariable('newest') THEN 'paid_late' ELSE 'overdue' END AS event_state, known_at
  FROM from_payments
  WHERE failed_at < getvariable('newest') OR coalesce(least(paid_at, getvariable('newest')), getvariable('newest'))
        > due_at + INTERVAL 1 DAY
  UNION ALL BY NAME
  SELECT customer_id, opened_at AS happened_at, 'tickets' AS event_kind, ticket_type AS event_detail,
         text AS event_text, CASE WHEN resolved_at < getvariable('newest') THEN 'solved' ELSE 'open' END AS event_state,
         known_at FROM from_tickets
  UNION ALL BY NAME
  SELECT customer_id, happened_at, 'interactions' AS event_kind, kind AS event_detail, note AS event_text,
         CASE WHEN replied_at < getvariable('newest') THEN 'replied' END AS event_state, known_at FROM from_interactions
  UNION ALL BY NAME
  SELECT customer_id, given_at AS happened_at, 'feedback' AS event_kind, kind AS event_detail, text AS event_text,
         score AS amount, known_at FROM from_feedback
  UNION ALL BY NAME
  SELECT customer_id, entered_at AS happened_at, 'deals' AS event_kind, stage AS event_detail, amount, known_at
  FROM from_deals
  UNION ALL BY NAME
  SELECT customer_id, date_trunc('month', happened_at) AS happened_at, 'usage' AS event_kind, 'month' AS event_detail,
         count(*)::DOUBLE AS amount, min(known_at) AS known_at
  FROM from_usage_events
  WHERE happened_at >= date_trunc('month', getvariable('newest') - to_days(getvariable('event_days')))
        AND happened_at < getvariable('newest') AND known_at < getvariable('newest')
  GROUP BY ALL
)
SELECT customer_id, happened_at, event_kind, event_detail, left(event_text, 200) AS event_text, amount, event_state
FROM happened SEMI JOIN latest USING (customer_id)
WHERE happened_at < getvariable('newest') AND known_at < getvariable('newest')
      AND happened_at >= date_trunc('month', getvariable('newest') - to_days(getvariable('event_days')))
ORDER BY customer_id, happened_at DESC
"""

SELECTS = {
    "churn_latest": f"""
SELECT latest.* EXCLUDE (as_of, band, rank, valid_until, run_id, value), {_ATTRIBUTES},
       latest.as_of::DATE AS score_date,
       latest.band AS risk_band, in_english('risk_band', latest.band) AS risk_band_en,
       in_chinese('risk_band', latest.band) AS risk_band_zh, latest.rank AS risk_rank, worth.monthly_value,
       before.as_of::DATE AS previous_score_date, before.probability AS previous_probability,
       before.band AS previous_risk_band,
       CASE WHEN EXISTS (FROM before) THEN (latest.band = 'high' AND before.band IS DISTINCT FROM 'high')::SMALLINT END
         AS is_newly_high,
       told.* EXCLUDE (customer_id), latest.valid_until,
       lower(concat_ws(chr(10), customer_id, customers.name)) AS search_text
FROM latest
LEFT JOIN from_customers customers USING (customer_id)
LEFT JOIN segments USING (customer_id)
LEFT JOIN before USING (customer_id)
LEFT JOIN told USING (customer_id)
LEFT JOIN worth USING (customer_id)
ORDER BY risk_rank, customer_id
""",
    "dim_customer": f"""
SELECT customer_id, {_ATTRIBUTES} FROM from_customers customers LEFT JOIN segments USING (customer_id)
ORDER BY customer_id
""",
    "fact_churn_score_daily": """
SELECT customer_id, as_of::DATE AS score_date, horizon_days, model_version, probability, probability_low,
       probability_high, band AS risk_band, rank AS risk_rank, value_at_risk,
       (as_of = getvariable('newest'))::SMALLINT AS is_latest
FROM scored ORDER BY customer_id, horizon_days, score_date
""",
    "fact_score_driver": """
SELECT told.* EXCLUDE (as_of), told.as_of::DATE AS score_date, split_part(signal_name, '__', 1) AS topic
FROM (
  SELECT customer_id, as_of, horizon_days, model_version, 'reason' AS driver_type, position AS driver_position,
         signal AS signal_name, value AS current_value, usual AS compared_value, contribution AS effect,
         sentence_en, sentence_zh FROM from_churn_reasons
  UNION ALL BY NAME
  SELECT customer_id, as_of, horizon_days, model_version, 'move' AS driver_type, position AS driver_position,
         signal AS signal_name, value AS current_value, value_before AS compared_value, change AS effect,
         sentence_en, sentence_zh FROM from_churn_moves
  UNION ALL BY NAME
  SELECT customer_id, as_of, horizon_days, model_version, 'lever' AS driver_type, position AS driver_position,
         signal AS signal_name, value AS current_value, target AS compared_value, change AS effect,
         sentence_en, sentence_zh FROM from_churn_levers
) told
SEMI JOIN scored USING (customer_id, as_of, horizon_days, model_version)
ORDER BY customer_id, score_date, driver_type, driver_position
""",
    "fact_core_indicator": """
SELECT customer_id, getvariable('newest')::DATE AS score_date, indicator, indicator_value FROM indicators
SEMI JOIN latest USING (customer_id)
ORDER BY customer_id, indicator
""",
    "dim_indicator": "FROM named_indicators ORDER BY indicator_position",
    "fact_indicator_summary": """
SELECT getvariable('newest')::DATE AS score_date, indicator,
       CASE WHEN grouping(owner) = 0 THEN coalesce(owner, '') END AS owner,
       CASE WHEN grouping(band) = 0 THEN band END AS risk_band,
       count(*) AS customers, median(indicator_value) AS median_value
FROM indicators JOIN latest USING (customer_id) LEFT JOIN from_customers USING (customer_id)
GROUP BY GROUPING SETS ((indicator), (indicator, band), (indicator, owner), (indicator, owner, band))
""",
    "fact_customer_event": _EVENTS,
    "fact_score_run": """
SELECT * EXCLUDE (as_of, status), as_of::DATE AS score_date, status AS run_status FROM from_score_runs
ORDER BY as_of, started_at
""",
    "fact_score_coverage": "FROM from_score_coverage",
    "fact_business_measure": f"""
SELECT period AS period_name, starts_at::DATE AS period_start, ends_at::DATE AS period_end,
       {_SEGMENT}, measure AS measure_name, in_english('measure', measure) AS measure_en,
       in_chinese('measure', measure) AS measure_zh, from_measures.value AS measure_value,
       from_measures.low AS value_low, from_measures.high AS value_high, from_measures.count AS base_customers,
       from_measures.verdict AS verdict, yardstick_low, yardstick_high, standing, yardstick AS yardstick_name
FROM from_measures
LEFT JOIN (SELECT period, segmentation, segment, measure, yardstick_low, yardstick_high, standing, yardstick
           FROM from_yardsticks) USING (period, segmentation, segment, measure)
ORDER BY segmentation, segment_name, measure_name, period_start
""",
    "fact_customer_flow": f"""
SELECT period AS period_name, starts_at::DATE AS period_start, ends_at::DATE AS period_end, {_SEGMENT},
       COLUMNS('^(customers|revenue)_(opening|new|returned|lost|closing|expansion|contraction)$')
FROM from_customer_flows ORDER BY segmentation, segment_name, period_start
""",
    "fact_segment_movement": """
SELECT period AS period_name, segmentation, segment_from,
       segment_in_english(segmentation, segment_from) AS segment_from_en,
       segment_in_chinese(segmentation, segment_from) AS segment_from_zh, segment_to,
       segment_in_english(segmentation, segment_to) AS segment_to_en,
       segment_in_chinese(segmentation, segment_to) AS segment_to_zh, customers, share AS moved_share
FROM from_segment_movements ORDER BY segmentation, period, segment_from, segment_to
""",
    "fact_cohort_retention": """
SELECT cohort, age AS age_months, period AS period_name, customers, retained, share AS retained_share, low AS value_low,
       high AS value_high, verdict
FROM from_cohort_retention ORDER BY cohort, age
""",
    "fact_survival": f"""
SELECT {_SEGMENT}, month AS age_months, survival AS staying_share, low AS value_low,
       high AS value_high, customers
FROM from_survival ORDER BY segmentation, segment, month
""",
    "fact_lifecycle_node": """
SELECT node, from_day, to_day, "left" AS left_customers, rate AS rate_at_node, rate_else, ratio, low AS ratio_low,
       high AS ratio_high
FROM from_lifecycle_nodes
""",
    "fact_leaving_reason": """
SELECT period AS period_name, reason AS leaving_reason, in_english('leaving_reason', reason) AS leaving_reason_en,
       in_chinese('leaving_reason', reason) AS leaving_reason_zh, source AS reason_source, customers,
       share AS reason_share
FROM from_leaving_reasons ORDER BY period, customers DESC
""",
    "dim_date": """
SELECT day::DATE AS calendar_date, year(day) AS calendar_year, quarter(day) AS calendar_quarter,
       month(day) AS calendar_month, weekofyear(day) AS iso_week, strftime(day, '%Y-%m') AS year_month
FROM (SELECT unnest(generate_series((SELECT min(as_of)::DATE FROM scored), getvariable('newest')::DATE, INTERVAL 1 DAY))
      AS day)
""",
    "dim_owner": """
SELECT owner, count(*) AS customers, count(*) FILTER (band = 'high') AS high_risk_customers,
       sum(value_at_risk) AS value_at_risk
FROM latest LEFT JOIN from_customers USING (customer_id) GROUP BY owner ORDER BY owner
""",
    "dim_model": """
SELECT model_version, any_value(model_name) AS model_name, min(as_of)::DATE AS first_score_date,
       max(as_of)::DATE AS last_score_date
FROM scored LEFT JOIN (SELECT DISTINCT model_version, model_name FROM from_score_runs) USING (model_version)
GROUP BY model_version ORDER BY first_score_date
""",
    "dim_value_name": "FROM value_names ORDER BY category, category_value",
    "data_dictionary": "FROM described",
    **ACTION_SELECTS,
}
