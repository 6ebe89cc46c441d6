"""The tables of the mart: stable names, plain types, and what each column is called and means.

Names are lower snake case in ASCII and no name of a type; numbers are whole or double, flags 0 or 1, times UTC without
a zone: what FineBI and its like take without a further setting.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.gates.words import Words

SCHEMA = "churn_mart"


@dataclass(frozen=True)
class MartColumn:
    """One column: its name, SQL type, names for people, meaning and unit."""

    name: str
    type: str
    label: Words
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class MartTable:
    """One table: its name, names for people, what a row is, its columns."""

    name: str
    label: Words
    meaning: str
    columns: tuple[MartColumn, ...]


def _text(name: str, en: str, zh: str, meaning: str = "") -> MartColumn:
    return MartColumn(name, "VARCHAR", Words(en, zh), meaning or f"{en}.")


def _number(name: str, en: str, zh: str, unit: str, meaning: str = "") -> MartColumn:
    return MartColumn(name, "DOUBLE", Words(en, zh), meaning or f"{en}.", unit)


def _whole(name: str, en: str, zh: str, unit: str, meaning: str = "") -> MartColumn:
    return MartColumn(name, "INTEGER", Words(en, zh), meaning or f"{en}.", unit)


def _flag(name: str, en: str, zh: str, meaning: str) -> MartColumn:
    return MartColumn(name, "SMALLINT", Words(en, zh), meaning, "0 or 1")


def _day(name: str, en: str, zh: str, meaning: str = "") -> MartColumn:
    return MartColumn(name, "DATE", Words(en, zh), meaning or f"{en}.")


def _time(name: str, en: str, zh: str, meaning: str = "") -> MartColumn:
    return MartColumn(name, "TIMESTAMP", Words(en, zh), meaning or f"{en}.", "UTC")


CUSTOMER = _text("customer_id", "Customer id", "客户编号", "The customer.")
SCORE_DATE = _day("score_date", "Score date", "评分日期", "Day as of which the customer was scored.")
HORIZON = _whole("horizon_days", "Horizon", "预测天数", "days", "Days that the probability looks ahead; 0: no time.")
VERSION = _text("model_version", "Model version", "模型版本", "Version of the model that gave the score.")
UPDATED = _time("updated_at", "Updated at", "更新时间", "When the row was written; for incremental extracts.")
_PROBABILITY = _number("probability", "Risk of leaving", "流失概率", "0 to 1", "Probability of leaving in the horizon.")
_LOW = _number("probability_low", "Lower end", "概率下限", "0 to 1", "Lower end of the risk, where intervals are on.")
_HIGH = _number("probability_high", "Upper end", "概率上限", "0 to 1", "Upper end of the risk, where intervals are on.")
_BAND = _text("risk_band", "Risk band", "风险等级", "Band of the risk, such as high, medium or low.")
_AT_RISK = _number(
    "value_at_risk", "Value at risk", "风险金额", "currency", "Value that the risk puts at stake; empty: not known."
)

_ATTRIBUTES = (
    _text("customer_name", "Customer", "客户名称"),
    _text("owner", "Account owner", "客户负责人", "Who looks after the customer."),
    _text("industry", "Industry", "行业"),
    _text("company_size", "Company size", "企业规模"),
    _text("region", "Region", "地区"),
    _text("channel", "Channel", "获客渠道", "Channel that won the customer."),
    _day("signed_up_date", "Customer since", "成为客户日期", "Day on which the relationship began."),
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
        _whole("risk_rank", "Rank", "风险排名", "position", "Place among all scored customers, 1 the riskiest."),
        _AT_RISK,
        _number("monthly_value", "Monthly value", "月度金额", "currency", "What the customer pays a month."),
        _day("previous_score_date", "Previous score date", "上次评分日期"),
        _number("previous_probability", "Previous risk", "上次流失概率", "0 to 1", "Probability at the time before."),
        _text("previous_risk_band", "Previous band", "上次风险等级", "Band at the time before."),
        _flag(
            "is_newly_high", "Newly high", "新增高风险", "High now and not at the time before; empty: no time before."
        ),
        _text(
            "reason_topics", "Topics of the reasons", "原因类别", "Tables the reasons come from, ',contracts,usage,'."
        ),
        *(
            column
            for place in (1, 2, 3)
            for column in (
                _text(f"reason_{place}_en", f"Reason {place} (English)", f"原因 {place}（英文）"),
                _text(f"reason_{place}_zh", f"Reason {place} (Chinese)", f"原因 {place}（中文）"),
            )
        ),
        _time("valid_until", "Valid until", "有效期至", "When the score stops being current."),
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
        _whole("risk_rank", "Rank", "风险排名", "position", "Place among all customers scored then, 1 the riskiest."),
        _AT_RISK,
        _flag("is_latest", "Newest", "是否最新", "Whether it is of the newest scoring run."),
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
        _text("driver_type", "Kind", "类型", "reason, move or lever."),
        _whole("driver_position", "Position", "序号", "position", "1 weighs most."),
        _text("topic", "Topic", "类别", "Table that it comes from, such as contracts or usage."),
        _text("signal_name", "Signal", "指标"),
        _text("current_value", "Value", "当前值"),
        _text("compared_value", "Compared with", "对比值", "Usual among peers, or the value at the time before."),
        _number("effect", "Effect", "影响", "", "reason: log odds; move and lever: change of probability."),
        _text("sentence_en", "Sentence (English)", "说明（英文）"),
        _text("sentence_zh", "Sentence (Chinese)", "说明（中文）"),
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
        _text("indicator", "Indicator", "指标", "Name in dim_indicator."),
        _number("indicator_value", "Value", "数值", "as in dim_indicator"),
        UPDATED,
    ),
)
DIM_INDICATOR = MartTable(
    "dim_indicator",
    Words("Names of the core indicators", "核心指标说明"),
    "One core indicator.",
    (
        _text("indicator", "Indicator", "指标"),
        _whole("indicator_position", "Position", "序号", "position"),
        _text("label_en", "Name (English)", "名称（英文）"),
        _text("label_zh", "Name (Chinese)", "名称（中文）"),
        _text("unit", "Unit", "单位"),
        _text("risk_direction", "Risk", "风险方向", "rises: risk grows with the value; falls: as it falls."),
    ),
)
FACT_INDICATOR_SUMMARY = MartTable(
    "fact_indicator_summary",
    Words("Core indicators in the middle", "核心指标中位数"),
    "Median of a core indicator among customers of the newest scoring run.",
    (
        SCORE_DATE,
        _text("indicator", "Indicator", "指标", "Name in dim_indicator."),
        _text("owner", "Account owner", "客户负责人", "Whose customers; empty: everyone's."),
        _text("risk_band", "Risk band", "风险等级", "Band of the customers; empty: all bands."),
        _whole("customers", "Customers", "客户数", "customers", "Customers for whom the indicator is known."),
        _number("median_value", "Median", "中位数", "as in dim_indicator"),
        UPDATED,
    ),
)
FACT_CUSTOMER_EVENT = MartTable(
    "fact_customer_event",
    Words("Events", "客户事件"),
    "One event of a scored customer, as far back as mart.event_days; use of the product by month.",
    (
        CUSTOMER,
        _time("happened_at", "Happened at", "发生时间"),
        _text("event_kind", "Kind", "类型", "Table that it comes from."),
        _text("event_detail", "Detail", "明细", "Class of the event, such as complaint or visit."),
        _text("event_text", "Text", "内容", "What was written, at most 200 characters."),
        _number("amount", "Amount", "数额", "currency; for usage: uses", "Amount of money, or uses in the month."),
        _text("event_state", "State", "状态", "What became of it, such as open, late or failed."),
    ),
)
FACT_SCORE_RUN = MartTable(
    "fact_score_run",
    Words("Scoring runs", "评分批次"),
    "One run of the scoring job: customers eligible, scored, left out and failed.",
    (
        _text("run_id", "Run", "批次"),
        SCORE_DATE,
        _text("model_name", "Model", "模型"),
        VERSION,
        _whole("eligible", "Eligible", "应评分", "customers"),
        _whole("scored", "Scored", "已评分", "customers"),
        _whole("excluded", "Left out", "未纳入", "customers"),
        _whole("failed", "Failed", "失败", "customers"),
        _text("run_status", "Status", "状态"),
        _time("started_at", "Started at", "开始时间"),
        _time("finished_at", "Finished at", "结束时间"),
    ),
)
FACT_SCORE_COVERAGE = MartTable(
    "fact_score_coverage",
    Words("Who was left out and why", "未评分原因"),
    "Customers of a scoring run by what became of them and why.",
    (
        _text("run_id", "Run", "批次"),
        _text("outcome", "Outcome", "结果", "scored, excluded or failed."),
        _text("reason", "Reason", "原因"),
        _whole("customers", "Customers", "客户数", "customers"),
    ),
)
_PERIOD = (
    _text("period_name", "Period", "期间", "Such as 2026-10."),
    _day("period_start", "Begins", "开始日期"),
    _day("period_end", "Ends", "结束日期", "First day after the period."),
    _text("segmentation", "Division", "分组方式", "all for the whole, else industry, plan and so on."),
    _text("segment_name", "Segment", "分组"),
)
FACT_BUSINESS_MEASURE = MartTable(
    "fact_business_measure",
    Words("Measures of the customer base", "客户经营指标"),
    "One measure of a period and segment, such as churn_rate or renewal_rate, with its interval and yardstick.",
    (
        *_PERIOD,
        _text("measure_name", "Measure", "指标", "docs/guides/measures.md lists them."),
        _number("measure_value", "Figure", "数值", "0 to 1, or currency"),
        _number("value_low", "Lower end", "区间下限", "as the figure", "Lower end of the 95 % interval."),
        _number("value_high", "Upper end", "区间上限", "as the figure", "Upper end of the 95 % interval."),
        _whole("base_customers", "Base", "基数", "customers or rows", "What the figure is a part or a mean of."),
        _text("verdict", "Verdict", "结论", "told, or too few to say."),
        _number("yardstick_low", "Healthy from", "健康下限", "0 to 1", "Churn rate only."),
        _number("yardstick_high", "Healthy to", "健康上限", "0 to 1", "Churn rate only."),
        _text(
            "standing", "Against the yardstick", "与健康水平相比", "better, within, worse or not sure; churn rate only."
        ),
        _text("yardstick_name", "Yardstick", "健康水平", "Whose yardstick, such as saas."),
    ),
)
FACT_CUSTOMER_FLOW = MartTable(
    "fact_customer_flow",
    Words("Customers who came and left", "客户增减"),
    "Customers and monthly revenue of a period and segment: at its beginning, new, returned, lost, at its end.",
    (
        *_PERIOD,
        *(
            _number(f"customers_{name}", f"Customers {en}", f"{zh}客户", "customers")
            for name, en, zh in (
                ("opening", "at the beginning", "期初"),
                ("new", "new", "新增"),
                ("returned", "returned", "回流"),
                ("lost", "lost", "流失"),
                ("closing", "at the end", "期末"),
            )
        ),
        *(
            _number(f"revenue_{name}", f"Monthly revenue {en}", f"{zh}月收入", "currency")
            for name, en, zh in (
                ("opening", "at the beginning", "期初"),
                ("new", "new", "新增"),
                ("returned", "returned", "回流"),
                ("expansion", "grown", "增购"),
                ("contraction", "shrunk", "缩减"),
                ("lost", "lost", "流失"),
                ("closing", "at the end", "期末"),
            )
        ),
    ),
)
_ENDS = (
    _number("value_low", "Lower end", "区间下限", "0 to 1", "Lower end of the 95 % interval."),
    _number("value_high", "Upper end", "区间上限", "0 to 1", "Upper end of the 95 % interval."),
)
FACT_COHORT_RETENTION = MartTable(
    "fact_cohort_retention",
    Words("Retention by cohort", "分批留存"),
    "Customers who came in one month and how many of them were there so many months later.",
    (
        _text("cohort", "Month they came in", "首购月份"),
        _whole("age_months", "Months later", "之后月数", "months"),
        _text("period_name", "Period", "期间"),
        _whole("customers", "Customers", "客户数", "customers"),
        _whole("retained", "Still there", "仍在客户", "customers"),
        _number("retained_share", "Still there", "留存率", "0 to 1"),
        *_ENDS,
        _text("verdict", "Verdict", "结论", "told, or too few to say."),
    ),
)
FACT_SURVIVAL = MartTable(
    "fact_survival",
    Words("How long customers stay", "客户存续曲线"),
    "Share of customers who stay so many months (Kaplan-Meier), of all and by segment.",
    (
        _text("segmentation", "Division", "分组方式"),
        _text("segment_name", "Segment", "分组"),
        _whole("age_months", "Months", "月数", "months"),
        _number("staying_share", "Still there", "存续率", "0 to 1"),
        *_ENDS,
        _whole("customers", "Customers", "客户数", "customers"),
    ),
)
FACT_LIFECYCLE_NODE = MartTable(
    "fact_lifecycle_node",
    Words("Leaving around the nodes of a life", "生命周期节点流失"),
    "Leaving around a node of the customer's life, such as the end of a yearly term, against other times.",
    (
        _text("node", "Node", "节点"),
        _whole("from_day", "From day", "起始天", "days"),
        _whole("to_day", "To day", "结束天", "days"),
        _number("left_customers", "Left", "流失客户", "customers"),
        _number("rate_at_node", "Churn at the node", "节点月流失率", "0 to 1 in 30 days"),
        _number("rate_else", "Churn at other times", "其他时间月流失率", "0 to 1 in 30 days"),
        _number("ratio", "Times as often", "倍数", "times"),
        _number("ratio_low", "Lower end", "倍数下限", "times", "Lower end of the 95 % interval."),
        _number("ratio_high", "Upper end", "倍数上限", "times", "Upper end of the 95 % interval."),
    ),
)
FACT_LEAVING_REASON = MartTable(
    "fact_leaving_reason",
    Words("Why customers left", "流失原因"),
    "Customers who left in a period by reason and by where the reason comes from.",
    (
        _text("period_name", "Period", "期间"),
        _text("leaving_reason", "Reason", "原因"),
        _text("reason_source", "Source", "来源", "stated, unpaid, feedback or unknown."),
        _whole("customers", "Customers", "客户数", "customers"),
        _number("reason_share", "Share", "占比", "0 to 1"),
    ),
)
DIM_DATE = MartTable(
    "dim_date",
    Words("Calendar", "日历"),
    "One day from the first score to the last.",
    (
        _day("calendar_date", "Date", "日期"),
        _whole("calendar_year", "Year", "年", "year"),
        _whole("calendar_quarter", "Quarter", "季度", "1 to 4"),
        _whole("calendar_month", "Month", "月", "1 to 12"),
        _whole("iso_week", "Week", "周", "ISO week"),
        _text("year_month", "Year and month", "年月", "Such as 2026-10."),
    ),
)
DIM_OWNER = MartTable(
    "dim_owner",
    Words("Account owners", "客户负责人"),
    "One person who looks after scored customers, with their number.",
    (
        _text("owner", "Account owner", "客户负责人"),
        _whole("customers", "Customers", "客户数", "customers"),
        _whole("high_risk_customers", "High-risk customers", "高风险客户数", "customers"),
        _number("value_at_risk", "Value at risk", "风险金额", "currency"),
    ),
)
DIM_MODEL = MartTable(
    "dim_model",
    Words("Models", "模型"),
    "One version of the model that has given scores.",
    (
        VERSION,
        _text("model_name", "Model", "模型"),
        _day("first_score_date", "First used", "首次使用日期"),
        _day("last_score_date", "Last used", "最近使用日期"),
    ),
)
DICTIONARY = MartTable(
    "data_dictionary",
    Words("Dictionary", "数据字典"),
    "One column of the mart, with its names for people.",
    (
        _text("table_name", "Table", "表"),
        _text("column_name", "Column", "字段"),
        _text("label_en", "Name (English)", "名称（英文）"),
        _text("label_zh", "Name (Chinese)", "名称（中文）"),
        _text("description", "Description", "说明"),
        _text("unit", "Unit", "单位"),
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
    FACT_COHORT_RETENTION,
    FACT_SURVIVAL,
    FACT_LIFECYCLE_NODE,
    FACT_LEAVING_REASON,
    DIM_DATE,
    DIM_OWNER,
    DIM_MODEL,
    DICTIONARY,
)
OF_CUSTOMERS = tuple(table.name for table in TABLES if any(column.name == "customer_id" for column in table.columns))
"""Tables with one customer a row: what an account owner may see of them is cut by customer."""
