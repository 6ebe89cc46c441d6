"""How the tables of alerts, actions and experiments come from what deciding and measuring left."""

from __future__ import annotations

SELECTS = {
    "fact_alert": """
SELECT alert_id, customer_id, rule AS rule_name, in_english('rule', rule) AS rule_en,
       in_chinese('rule', rule) AS rule_zh, fired_as_of::DATE AS fired_date, severity, owner AS alert_owner,
       in_english('team', owner) AS alert_owner_en, in_chinese('team', owner) AS alert_owner_zh, sentence_en,
       sentence_zh, state AS alert_state, in_english('state', state) AS alert_state_en,
       in_chinese('state', state) AS alert_state_zh, escalated_to, action_due_date
FROM from_alerts LEFT JOIN (
  SELECT customer_id, min(due) AS action_due_date FROM from_planned_actions
  WHERE state NOT IN ('held_back', 'delivered', 'expired', 'done') GROUP BY customer_id
) USING (customer_id)
WHERE fired_as_of > getvariable('newest') - to_days(getvariable('history_days'))
ORDER BY customer_id, fired_as_of
""",
    "fact_action_task": """
SELECT action_id, customer_id, playbook, in_english('playbook', playbook) AS playbook_en,
       in_chinese('playbook', playbook) AS playbook_zh, as_of::DATE AS decided_date, action AS action_kind, channel,
       in_english('channel', channel) AS channel_en, in_chinese('channel', channel) AS channel_zh,
       owner AS task_owner, in_english('team', owner) AS task_owner_en, in_chinese('team', owner) AS task_owner_zh,
       planned_for, due AS due_date, cost, expected_value, arm AS experiment_arm, message_en, message_zh,
       state AS task_state, in_english('state', state) AS task_state_en, in_chinese('state', state) AS task_state_zh,
       sent_at, delivered_at, attempts
FROM from_planned_actions
LEFT JOIN (SELECT action_id, sent_at, delivered_at, attempts FROM from_outbox) USING (action_id)
WHERE as_of > getvariable('newest') - to_days(getvariable('history_days'))
ORDER BY customer_id, planned_for
""",
    "fact_experiment": """
SELECT experiment, coalesce(title_en, in_english('playbook', experiment)) AS title_en,
       coalesce(title_zh, in_chinese('playbook', experiment)) AS title_zh,
       coalesce(plan.playbook, decided.playbook, experiment) AS playbook, coalesce(starts_on, began) AS starts_on,
       ends_on, wanted_customers, coalesce(window_days, getvariable('horizon')) AS window_days,
       coalesce(dealt.assigned, 0) AS assigned, coalesce(treated, 0) AS treated, coalesce(control, 0) AS control,
       coalesce(measured, 0) AS measured, ratio_p_value, margin_kept, variable_cost + fixed_cost AS cost, roi, roi_low,
       roi_high, decision, in_english('decision', decision) AS decision_en,
       in_chinese('decision', decision) AS decision_zh, reason_en, reason_zh
FROM experiment_plans plan
FULL JOIN (
  SELECT experiment, min(assigned_at)::DATE AS began, count(*) AS assigned,
         count(*) FILTER (arm = 'treated') AS treated,
         count(*) FILTER (arm = 'control') AS control
  FROM from_experiment_assignments GROUP BY experiment
) dealt USING (experiment)
FULL JOIN from_experiment_decisions decided USING (experiment)
ORDER BY starts_on DESC NULLS LAST, experiment
""",
    "fact_experiment_effect": """
SELECT experiment, measure AS measure_name, in_english('effect', measure) AS measure_en,
       in_chinese('effect', measure) AS measure_zh, segment AS segment_name, treated, control, treated_mean,
       control_mean, estimate AS effect, low AS effect_low, high AS effect_high, verdict,
       in_english('verdict', verdict) AS verdict_en, in_chinese('verdict', verdict) AS verdict_zh
FROM from_experiment_effects ORDER BY experiment, measure, segment <> 'all', segment
""",
    "fact_experiment_balance": """
SELECT experiment, name AS known_name, value AS known_value, treated AS treated_mean, control AS control_mean,
       difference, is_large::SMALLINT AS is_large
FROM from_experiment_balance ORDER BY experiment, abs(difference) DESC NULLS LAST
""",
}
