"""The tables of the mart: stable names, plain types, and what each column is called and means.

Names are lower snake case in ASCII and no name of a type; numbers are whole or double, flags 0 or 1, times UTC without
a zone: what FineBI and its like take without a further setting.
"""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.mart.action_tables import (
    FACT_ACTION_TASK,
    FACT_ALERT,
    FACT_EXPERIMENT,
    FACT_EXPERIMENT_BALANCE,
    FACT_EXPERIMENT_EFFECT,
)
from pipelines.mart.base_tables import (
    FACT_BUSINESS_MEASURE,
    FACT_COHORT_RETENTION,
    FACT_CUSTOMER_FLOW,
    FACT_LEAVING_REASON,
    FACT_LIFECYCLE_NODE,
    FACT_SEGMENT_MOVEMENT,
    FACT_SURVIVAL,
)
from pipelines.mart.columns import CUSTOMER, MartTable, called, day, flag, number, text, time, whole

SCHEMA = "churn_mart"


SCORE_DATE = day("score_date", "Score date", "评分日期", "Day as of which the customer was scored.")
HORIZON = whole("horizon_days", "Horizon", "预测天数", "days", "Days that the probability looks ahead; 0: no time.")
VERSION = text("model_version", "Model version", "模型版本", "Version of the model that gave the score.")
UPDATED = time("updated_at", "Updated at", "更新时间", "When the row was written; for incremental extracts.")
_PROBABILITY = number("probability", "Risk of leaving", "流失概率", "0 to 1", "Probability of leaving in the horizon.")
_LOW = number("probability_low", "Lower end", "概率下限", "0 to 1", "Lower end of the risk, where intervals are on.")
_HIGH = number("probability_high", "Upper end", "概率上限", "0 to 1", "Upper end of the risk, where intervals are on.")
_BAND = text("risk_band", "Risk band", "风险等级", "Band of the risk, such as high, medium or low.")
_AT_RISK = number(
    "value_at_risk", "Value at risk", "风险金额", "currency", "Value that the risk puts at stake; empty: not known."
)

_ATTRIBUTES = (
    text("customer_name", "Customer", "客户名称"),
    text("owner", "Account owner", "客户负责人", "Who looks after the customer."),
    text("industry", "Industry", "行业"),
    *called("industry", "Industry", "行业"),
    text("company_size", "Company size", "企业规模"),
    *called("company_size", "Company size", "企业规模"),
    text("region", "Region", "地区"),
    *called("region", "Region", "地区"),
    text("channel", "Channel", "获客渠道", "Channel that won the customer."),
    *called("channel", "Channel", "获客渠道"),
    day("signed_up_date", "Customer since", "成为客户日期", "Day on which the relationship began."),
    text("rfm_class", "RFM class", "RFM 分类", "Class by recency, frequency and amount of orders; empty: no orders."),
    *called("rfm_class", "RFM class", "RFM 分类"),
    text("lifecycle_stage", "Lifecycle stage", "生命周期阶段", "Such as new, growing or declining."),
    *called("lifecycle_stage", "Lifecycle stage", "生命周期阶段"),
    text("tier", "Value tier", "价值等级", "By revenue, such as gold."),
    *called("tier", "Value tier", "价值等级"),
)

CHURN_LATEST = MartTable(
    "churn_latest",
    Words("Customers scored last", "最新客户评分"),
    "One customer of the newest scoring run with all that is known of it: the table to drag into a report.",
    (
        CUSTOMER,
        *_ATTRIBUTES,
        SCORE_DATE,
        HORIZON,
        VERSION,
        _PROBABILITY,
        _LOW,
        _HIGH,
        _BAND,
        *called("risk_band", "Risk band", "风险等级"),
        whole("risk_rank", "Rank", "风险排名", "position", "Place among all scored customers, 1 the riskiest."),
        _AT_RISK,
        number("monthly_value", "Monthly value", "月度金额", "currency", "What the customer pays a month."),
        day("previous_score_date", "Previous score date", "上次评分日期"),
        number("previous_probability", "Previous risk", "上次流失概率", "0 to 1", "Probability at the time before."),
        text("previous_risk_band", "Previous band", "上次风险等级", "Band at the time before."),
        flag(
            "is_newly_high", "Newly high", "新增高风险", "High now and not at the time before; empty: no time before."
        ),
        text(
            "reason_topics", "Topics of the reasons", "原因类别", "Tables the reasons come from, ',contracts,usage,'."
        ),
        *(
            column
            for place in (1, 2, 3)
            for column in (
                text(f"reason_{place}_en", f"Reason {place} (English)", f"原因 {place}（英文）"),
                text(f"reason_{place}_zh", f"Reason {place} (Chinese)", f"原因 {place}（中文）"),
            )
        ),
        text("search_text", "Text for searching", "检索文本", "Id and name of the customer in lower case."),
        time("valid_until", "Valid until", "有效期至", "When the score stops being current."),
        UPDATED,
    ),
)
DIM_CUSTOMER = MartTable(
    "dim_customer",
    Words("Customers", "客户"),
    "One customer, scored or not.",
    (CUSTOMER, *_ATTRIBUTES, UPDATED),
)
FACT_CHURN_SCORE_DAILY = MartTable(
    "fact_churn_score_daily",
    Words("Scores over time", "历次评分"),
    "One score of a customer at a day for a horizon, of the day's newest finished run; back to mart.history_days.",
    (
        CUSTOMER,
        SCORE_DATE,
        HORIZON,
        VERSION,
        _PROBABILITY,
        _LOW,
        _HIGH,
        _BAND,
        whole("risk_rank", "Rank", "风险排名", "position", "Place among all customers scored then, 1 the riskiest."),
        _AT_RISK,
        flag("is_latest", "Newest", "是否最新", "Whether it is of the newest scoring run."),
        UPDATED,
    ),
)
FACT_SCORE_DRIVER = MartTable(
    "fact_score_driver",
    Words("Reasons, moves and levers", "原因、变化与可改善项"),
    "One sentence about a score: why it is so, what moved it, what goes with a lower one.",
    (
        CUSTOMER,
        SCORE_DATE,
        HORIZON,
        VERSION,
        text("driver_type", "Kind", "类型", "reason, move or lever."),
        whole("driver_position", "Position", "序号", "position", "1 weighs most."),
        text("topic", "Topic", "类别", "Table that it comes from, such as contracts or usage."),
        text("signal_name", "Signal", "指标"),
        text("current_value", "Value", "当前值"),
        text("compared_value", "Compared with", "对比值", "Usual among peers, or the value at the time before."),
        number("effect", "Effect", "影响", "", "reason: log odds; move and lever: change of probability."),
        text("sentence_en", "Sentence (English)", "说明（英文）"),
        text("sentence_zh", "Sentence (Chinese)", "说明（中文）"),
        UPDATED,
    ),
)
FACT_CORE_INDICATOR = MartTable(
    "fact_core_indicator",
    Words("Core indicators", "核心指标"),
    "One of the twelve core indicators of a customer of the newest scoring run.",
    (
        CUSTOMER,
        SCORE_DATE,
        text("indicator", "Indicator", "指标", "Name in dim_indicator."),
        number("indicator_value", "Value", "数值", "as in dim_indicator"),
        UPDATED,
    ),
)
DIM_INDICATOR = MartTable(
    "dim_indicator",
    Words("Names of the core indicators", "核心指标说明"),
    "One core indicator.",
    (
        text("indicator", "Indicator", "指标"),
        whole("indicator_position", "Position", "序号", "position"),
        text("label_en", "Name (English)", "名称（英文）"),
        text("label_zh", "Name (Chinese)", "名称（中文）"),
        text("unit", "Unit", "单位"),
        text("risk_direction", "Risk", "风险方向", "rises: risk grows with the value; falls: as it falls."),
    ),
)
FACT_INDICATOR_SUMMARY = MartTable(
    "fact_indicator_summary",
    Words("Core indicators in the middle", "核心指标中位数"),
    "Median of a core indicator among customers of the newest scoring run.",
    (
        SCORE_DATE,
        text("indicator", "Indicator", "指标", "Name in dim_indicator."),
        text("owner", "Account owner", "客户负责人", "Whose customers; empty: everyone's."),
        text("risk_band", "Risk band", "风险等级", "Band of the customers; empty: all bands."),
        whole("customers", "Customers", "客户数", "customers", "Customers for whom the indicator is known."),
        number("median_value", "Median", "中位数", "as in dim_indicator"),
        UPDATED,
    ),
)
FACT_CUSTOMER_EVENT = MartTable(
    "fact_customer_event",
    Words("Events", "客户事件"),
    "One event of a scored customer, as far back as mart.event_days; use of the product by month.",
    (
        CUSTOMER,
        time("happened_at", "Happened at", "发生时间"),
        text("event_kind", "Kind", "类型", "Table that it comes from."),
        text("event_detail", "Detail", "明细", "Class of the event, such as complaint or visit."),
        text("event_text", "Text", "内容", "What was written, at most 200 characters."),
        number("amount", "Amount", "数额", "currency; for usage: uses", "Amount of money, or uses in the month."),
        text("event_state", "State", "状态", "What became of it, such as open, late or failed."),
    ),
)
FACT_SCORE_RUN = MartTable(
    "fact_score_run",
    Words("Scoring runs", "评分批次"),
    "One run of the scoring job: customers eligible, scored, left out and failed.",
    (
        text("run_id", "Run", "批次"),
        SCORE_DATE,
        text("model_name", "Model", "模型"),
        VERSION,
        whole("eligible", "Eligible", "应评分", "customers"),
        whole("scored", "Scored", "已评分", "customers"),
        whole("excluded", "Left out", "未纳入", "customers"),
        whole("failed", "Failed", "失败", "customers"),
        text("run_status", "Status", "状态"),
        time("started_at", "Started at", "开始时间"),
        time("finished_at", "Finished at", "结束时间"),
    ),
)
FACT_SCORE_COVERAGE = MartTable(
    "fact_score_coverage",
    Words("Who was left out and why", "未评分原因"),
    "Customers of a scoring run by what became of them and why.",
    (
        text("run_id", "Run", "批次"),
        text("outcome", "Outcome", "结果", "scored, excluded or failed."),
        text("reason", "Reason", "原因"),
        whole("customers", "Customers", "客户数", "customers"),
    ),
)
DIM_DATE = MartTable(
    "dim_date",
    Words("Calendar", "日历"),
    "One day from the first score to the last.",
    (
        day("calendar_date", "Date", "日期"),
        whole("calendar_year", "Year", "年", "year"),
        whole("calendar_quarter", "Quarter", "季度", "1 to 4"),
        whole("calendar_month", "Month", "月", "1 to 12"),
        whole("iso_week", "Week", "周", "ISO week"),
        text("year_month", "Year and month", "年月", "Such as 2026-10."),
    ),
)
DIM_OWNER = MartTable(
    "dim_owner",
    Words("Account owners", "客户负责人"),
    "One person who looks after scored customers, with their number.",
    (
        text("owner", "Account owner", "客户负责人"),
        whole("customers", "Customers", "客户数", "customers"),
        whole("high_risk_customers", "High-risk customers", "高风险客户数", "customers"),
        number("value_at_risk", "Value at risk", "风险金额", "currency"),
    ),
)
DIM_MODEL = MartTable(
    "dim_model",
    Words("Models", "模型"),
    "One version of the model that has given scores.",
    (
        VERSION,
        text("model_name", "Model", "模型"),
        day("first_score_date", "First used", "首次使用日期"),
        day("last_score_date", "Last used", "最近使用日期"),
    ),
)
DIM_VALUE_NAME = MartTable(
    "dim_value_name",
    Words("Names of values", "取值名称"),
    "One value of a category, such as an industry, a rule or a state, with its names.",
    (
        text("category", "Category", "类别", "Name of the column, such as industry."),
        text("category_value", "Value", "取值", "As it stands in the column."),
        text("label_en", "Name (English)", "名称（英文）"),
        text("label_zh", "Name (Chinese)", "名称（中文）"),
    ),
)
DICTIONARY = MartTable(
    "data_dictionary",
    Words("Dictionary", "数据字典"),
    "One column of the mart, with its names for people.",
    (
        text("table_name", "Table", "表"),
        text("column_name", "Column", "字段"),
        text("label_en", "Name (English)", "名称（英文）"),
        text("label_zh", "Name (Chinese)", "名称（中文）"),
        text("description", "Description", "说明"),
        text("unit", "Unit", "单位"),
    ),
)

TABLES = (
    CHURN_LATEST,
    DIM_CUSTOMER,
    FACT_CHURN_SCORE_DAILY,
    FACT_SCORE_DRIVER,
    FACT_CORE_INDICATOR,
    DIM_INDICATOR,
    FACT_INDICATOR_SUMMARY,
    FACT_CUSTOMER_EVENT,
    FACT_SCORE_RUN,
    FACT_SCORE_COVERAGE,
    FACT_BUSINESS_MEASURE,
    FACT_CUSTOMER_FLOW,
    FACT_SEGMENT_MOVEMENT,
    FACT_COHORT_RETENTION,
    FACT_SURVIVAL,
    FACT_LIFECYCLE_NODE,
    FACT_LEAVING_REASON,
    FACT_ALERT,
    FACT_ACTION_TASK,
    FACT_EXPERIMENT,
    FACT_EXPERIMENT_EFFECT,
    FACT_EXPERIMENT_BALANCE,
    DIM_DATE,
    DIM_OWNER,
    DIM_MODEL,
    DIM_VALUE_NAME,
    DICTIONARY,
)
OF_CUSTOMERS = tuple(table.name for table in TABLES if any(column.name == "customer_id" for column in table.columns))
"""Tables with one customer a row: what an account owner may see of them is cut by customer."""
