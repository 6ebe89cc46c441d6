"""The tables of the mart that tell what is done about customers, and whether it helps."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.mart.columns import CUSTOMER, MartTable, called, day, flag, number, text, whole

FACT_ALERT = MartTable(
    "fact_alert",
    Words("Alerts", "预警"),
    "One alert that a rule raised about a customer.",
    (
        text("alert_id", "Alert", "预警编号"),
        CUSTOMER,
        text("rule_name", "Rule", "规则"),
        *called("rule", "Rule", "规则"),
        day("fired_date", "Raised on", "预警日期"),
        text("severity", "Severity", "严重程度", "low, medium or high."),
        text("alert_owner", "For", "处理人", "Person or team that the alert is for."),
        *called("alert_owner", "For", "处理人"),
        text("sentence_en", "Sentence (English)", "说明（英文）"),
        text("sentence_zh", "Sentence (Chinese)", "说明（中文）"),
        text("alert_state", "State", "状态", "open at first."),
        *called("alert_state", "State", "状态"),
        text("escalated_to", "Escalated to", "升级至", "managers, or empty."),
        day("action_due_date", "Action due", "行动截止日期", "Of the customer's next open action; empty: none."),
    ),
)
FACT_ACTION_TASK = MartTable(
    "fact_action_task",
    Words("Planned actions", "行动任务"),
    "One action that was decided about a customer, or held back in the control arm of an experiment.",
    (
        text("action_id", "Action", "任务编号"),
        CUSTOMER,
        text("playbook", "Playbook", "方案"),
        *called("playbook", "Playbook", "方案"),
        day("decided_date", "Decided on", "决策日期"),
        text("action_kind", "Kind", "类型"),
        text("channel", "Channel", "渠道"),
        *called("channel", "Channel", "渠道"),
        text("task_owner", "For", "负责人", "Who does it."),
        *called("task_owner", "For", "负责人"),
        day("planned_for", "Planned for", "计划日期"),
        day("due_date", "Due", "截止日期"),
        number("cost", "Cost", "成本", "currency"),
        number("expected_value", "Expected to bring", "预期收益", "currency"),
        text("experiment_arm", "Arm", "实验组别", "Arm of the experiment; control is not acted on."),
        text("message_en", "Message (English)", "内容（英文）"),
        text("message_zh", "Message (Chinese)", "内容（中文）"),
        text("task_state", "State", "状态", "planned at first; held_back in the control arm."),
        *called("task_state", "State", "状态"),
    ),
)
_EXPERIMENT = text("experiment", "Experiment", "实验")
FACT_EXPERIMENT = MartTable(
    "fact_experiment",
    Words("Experiments on customers", "客户实验"),
    "One experiment: whom it is for, how far it is, what it returned and what was decided.",
    (
        _EXPERIMENT,
        text("title_en", "Title (English)", "名称（英文）"),
        text("title_zh", "Title (Chinese)", "名称（中文）"),
        text("playbook", "Playbook", "方案"),
        day("starts_on", "Begins", "开始日期"),
        day("ends_on", "Ends", "结束日期", "Empty where it ends at a size."),
        whole("wanted_customers", "Customers wanted", "目标客户数", "customers", "Empty where it ends on a day."),
        whole("window_days", "Window", "观察天数", "days", "Days after the assignment in which leaving counts."),
        whole("assigned", "Assigned", "已分组", "customers"),
        whole("treated", "Treated", "干预组", "customers"),
        whole("control", "Left alone", "对照组", "customers"),
        whole("measured", "Measured", "已观察", "customers", "Customers whose window is over."),
        number("ratio_p_value", "p-value of the shares", "分组比例 p 值", "0 to 1", "Below 0.001: some are missing."),
        number("margin_kept", "Margin kept", "挽回毛利", "currency"),
        number("cost", "Cost", "成本", "currency"),
        number("roi", "Return on cost", "投资回报率", "", "Benefit less cost, over cost."),
        number("roi_low", "Lower end", "回报率下限", "", "Lower end of the 95 % interval."),
        number("roi_high", "Upper end", "回报率上限", "", "Upper end of the 95 % interval."),
        text("decision", "Decision", "决定", "keep, change, stop or wait; empty: nothing is measured yet."),
        *called("decision", "Decision", "决定"),
        text("reason_en", "Reason (English)", "理由（英文）"),
        text("reason_zh", "Reason (Chinese)", "理由（中文）"),
    ),
)
FACT_EXPERIMENT_EFFECT = MartTable(
    "fact_experiment_effect",
    Words("Effects of experiments", "实验效果"),
    "One effect of an experiment: treated less left alone, for everyone or a segment, with its interval.",
    (
        _EXPERIMENT,
        text("measure_name", "Measure", "指标", "retained, repurchased or revenue."),
        *called("measure", "Measure", "指标"),
        text("segment_name", "Segment", "分组", "all for everyone, else a band."),
        whole("treated", "Treated", "干预组", "customers"),
        whole("control", "Left alone", "对照组", "customers"),
        number("treated_mean", "Mean of the treated", "干预组均值", "as the measure"),
        number("control_mean", "Mean of those left alone", "对照组均值", "as the measure"),
        number("effect", "Effect", "效果", "as the measure"),
        number("effect_low", "Lower end", "效果下限", "as the measure", "Lower end of the 95 % interval."),
        number("effect_high", "Upper end", "效果上限", "as the measure", "Upper end of the 95 % interval."),
        text("verdict", "Verdict", "结论", "more, less, no_difference_shown or too_few."),
        *called("verdict", "Verdict", "结论"),
    ),
)
FACT_EXPERIMENT_BALANCE = MartTable(
    "fact_experiment_balance",
    Words("Balance of experiments", "实验分组均衡性"),
    "How alike the arms of an experiment were before it began, by what was known of the customers.",
    (
        _EXPERIMENT,
        text("known_name", "What was known", "特征", "score_before, value_before or stratum."),
        text("known_value", "Value", "取值", "Of stratum; else empty."),
        number("treated_mean", "Treated", "干预组", "mean or share"),
        number("control_mean", "Left alone", "对照组", "mean or share"),
        number("difference", "Difference", "差异", "standard deviations"),
        flag("is_large", "Large", "是否较大", "Whether the arms are not alike."),
    ),
)
