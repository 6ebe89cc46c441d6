"""The tables of the mart that tell of the customer base as a whole."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.mart.columns import MartTable, called, day, number, text, whole

_PERIOD = (
    text("period_name", "Period", "期间", "Such as 2026-10."),
    day("period_start", "Begins", "开始日期"),
    day("period_end", "Ends", "结束日期", "First day after the period."),
    text("segmentation", "Division", "分组方式", "all for the whole, else industry, plan and so on."),
    *called("segmentation", "Division", "分组方式"),
    text("segment_name", "Segment", "分组"),
    *called("segment", "Segment", "分组"),
)
FACT_BUSINESS_MEASURE = MartTable(
    "fact_business_measure",
    Words("Measures of the customer base", "客户经营指标"),
    "One measure of a period and segment, such as churn_rate or renewal_rate, with its interval and yardstick.",
    (
        *_PERIOD,
        text("measure_name", "Measure", "指标", "docs/guides/measures.md lists them."),
        *called("measure", "Measure", "指标"),
        number("measure_value", "Figure", "数值", "0 to 1, or currency"),
        number("value_low", "Lower end", "区间下限", "as the figure", "Lower end of the 95 % interval."),
        number("value_high", "Upper end", "区间上限", "as the figure", "Upper end of the 95 % interval."),
        whole("base_customers", "Base", "基数", "customers or rows", "What the figure is a part or a mean of."),
        text("verdict", "Verdict", "结论", "told, or too few to say."),
        number("yardstick_low", "Healthy from", "健康下限", "0 to 1", "Churn rate only."),
        number("yardstick_high", "Healthy to", "健康上限", "0 to 1", "Churn rate only."),
        text(
            "standing", "Against the yardstick", "与健康水平相比", "better, within, worse or not sure; churn rate only."
        ),
        text("yardstick_name", "Yardstick", "健康水平", "Whose yardstick, such as saas."),
    ),
)
FACT_CUSTOMER_FLOW = MartTable(
    "fact_customer_flow",
    Words("Customers who came and left", "客户增减"),
    "Customers and monthly revenue of a period and segment: at its beginning, new, returned, lost, at its end.",
    (
        *_PERIOD,
        *(
            number(f"customers_{name}", f"Customers {en}", f"{zh}客户", "customers")
            for name, en, zh in (
                ("opening", "at the beginning", "期初"),
                ("new", "new", "新增"),
                ("returned", "returned", "回流"),
                ("lost", "lost", "流失"),
                ("closing", "at the end", "期末"),
            )
        ),
        *(
            number(f"revenue_{name}", f"Monthly revenue {en}", f"{zh}月收入", "currency")
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
    number("value_low", "Lower end", "区间下限", "0 to 1", "Lower end of the 95 % interval."),
    number("value_high", "Upper end", "区间上限", "0 to 1", "Upper end of the 95 % interval."),
)
FACT_SEGMENT_MOVEMENT = MartTable(
    "fact_segment_movement",
    Words("Movement between segments", "客户分组流动"),
    "Customers of a period by the segment at its beginning and at its end, staying among them.",
    (
        text("period_name", "Period", "期间", "Such as 2026-10."),
        text("segmentation", "Division", "分组方式", "rfm_class, lifecycle_stage, tier, plan or usage."),
        text("segment_from", "From", "期初分组", "(none): in no segment yet."),
        *called("segment_from", "From", "期初分组"),
        text("segment_to", "To", "期末分组", "(none): in no segment any more."),
        *called("segment_to", "To", "期末分组"),
        whole("customers", "Customers", "客户数", "customers"),
        number("moved_share", "Share", "占比", "0 to 1", "Of those in the segment at the beginning."),
    ),
)
FACT_COHORT_RETENTION = MartTable(
    "fact_cohort_retention",
    Words("Retention by cohort", "分批留存"),
    "Customers who came in one month and how many of them were there so many months later.",
    (
        text("cohort", "Month they came in", "首购月份"),
        whole("age_months", "Months later", "之后月数", "months"),
        text("period_name", "Period", "期间"),
        whole("customers", "Customers", "客户数", "customers"),
        whole("retained", "Still there", "仍在客户", "customers"),
        number("retained_share", "Still there", "留存率", "0 to 1"),
        *_ENDS,
        text("verdict", "Verdict", "结论", "told, or too few to say."),
    ),
)
FACT_SURVIVAL = MartTable(
    "fact_survival",
    Words("How long customers stay", "客户存续曲线"),
    "Share of customers who stay so many months (Kaplan-Meier), of all and by segment.",
    (
        text("segmentation", "Division", "分组方式"),
        *called("segmentation", "Division", "分组方式"),
        text("segment_name", "Segment", "分组"),
        *called("segment", "Segment", "分组"),
        whole("age_months", "Months", "月数", "months"),
        number("staying_share", "Still there", "存续率", "0 to 1"),
        *_ENDS,
        whole("customers", "Customers", "客户数", "customers"),
    ),
)
FACT_LIFECYCLE_NODE = MartTable(
    "fact_lifecycle_node",
    Words("Leaving around the nodes of a life", "生命周期节点流失"),
    "Leaving around a node of the customer's life, such as the end of a yearly term, against other times.",
    (
        text("node", "Node", "节点"),
        whole("from_day", "From day", "起始天", "days"),
        whole("to_day", "To day", "结束天", "days"),
        number("left_customers", "Left", "流失客户", "customers"),
        number("rate_at_node", "Churn at the node", "节点月流失率", "0 to 1 in 30 days"),
        number("rate_else", "Churn at other times", "其他时间月流失率", "0 to 1 in 30 days"),
        number("ratio", "Times as often", "倍数", "times"),
        number("ratio_low", "Lower end", "倍数下限", "times", "Lower end of the 95 % interval."),
        number("ratio_high", "Upper end", "倍数上限", "times", "Upper end of the 95 % interval."),
    ),
)
FACT_LEAVING_REASON = MartTable(
    "fact_leaving_reason",
    Words("Why customers left", "流失原因"),
    "Customers who left in a period by reason and by where the reason comes from.",
    (
        text("period_name", "Period", "期间"),
        text("leaving_reason", "Reason", "原因"),
        *called("leaving_reason", "Reason", "原因"),
        text("reason_source", "Source", "来源", "stated, unpaid, feedback or unknown."),
        whole("customers", "Customers", "客户数", "customers"),
        number("reason_share", "Share", "占比", "0 to 1"),
    ),
)
