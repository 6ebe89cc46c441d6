"""What things are called on business pages, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.gates.words import Words
from pipelines.report.numbers import same

if TYPE_CHECKING:
    import pandas as pd

FAMILIES = {
    "recency_rule": Words("the recency rule", "最近活跃规则"),
    "logistic": Words("logistic regression", "逻辑回归"),
    "decision_tree": Words("a decision tree", "决策树"),
    "hist_boosting": Words("boosted trees (scikit-learn)", "梯度提升树（scikit-learn）"),
    "xgboost": Words("boosted trees (XGBoost)", "梯度提升树（XGBoost）"),
    "neural_net": Words("a neural network", "神经网络"),
    "blend": Words("a blend of models", "融合模型"),
}
SEGMENTATIONS = {
    "industry": Words("Industry", "行业"),
    "company_size": Words("Company size", "企业规模"),
    "region": Words("Region", "地区"),
    "channel": Words("Channel that won them", "获客渠道"),
    "plan": Words("Plan", "套餐"),
    "billing_period": Words("Billing", "付款周期"),
    "tenure_months": Words("Months as a customer", "成为客户的月数"),
    "value_tier": Words("What the customer pays", "客户价值"),
}
SEGMENTS = {
    "manufacturing": Words("manufacturing", "制造业"),
    "fast_moving_goods": Words("fast-moving goods", "快消品"),
    "retail": Words("retail", "零售"),
    "software": Words("software", "软件"),
    "logistics": Words("logistics", "物流"),
    "education": Words("education", "教育"),
    "healthcare": Words("healthcare", "医疗健康"),
    "finance": Words("finance", "金融"),
    "micro": Words("micro", "微型"),
    "small": Words("small", "小型"),
    "medium": Words("medium", "中型"),
    "large": Words("large", "大型"),
    "enterprise": Words("enterprise", "企业级"),
    "starter": Words("starter", "入门版"),
    "team": Words("team", "团队版"),
    "business": Words("business", "商务版"),
    "east_china": Words("East China", "华东"),
    "south_china": Words("South China", "华南"),
    "north_china": Words("North China", "华北"),
    "southwest_china": Words("Southwest China", "西南"),
    "southeast_asia": Words("Southeast Asia", "东南亚"),
    "europe": Words("Europe", "欧洲"),
    "north_america": Words("North America", "北美"),
    "direct_sales": Words("direct sales", "直销"),
    "reseller": Words("reseller", "经销商"),
    "online": Words("online", "线上"),
    "referral": Words("referral", "转介绍"),
    "trade_fair": Words("trade fair", "展会"),
    "month": Words("monthly", "按月"),
    "quarter": Words("quarterly", "按季"),
    "year": Words("yearly", "按年"),
    "lowest": Words("lowest quarter", "最低四分之一"),
    "low": Words("below the middle", "中等偏低"),
    "high": Words("above the middle", "中等偏高"),
    "highest": Words("highest quarter", "最高四分之一"),
    "(missing)": Words("not known", "未知"),
}
MONTHS = {"24+": Words("over 24", "24 以上")}


@dataclass(frozen=True, eq=False)
class Judged:
    """What the report tells of.

    Parameters
    ----------
    record
        The artifact ``judged``.
    tables
        The artifact ``judged_tables``, by name.
    """

    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    @property
    def best(self) -> dict[str, float]:
        """Scorecard of the best model."""
        return dict(self.record["test"][self.record["best"]])

    @property
    def horizon(self) -> Words:
        """When the leavers leave, as a person says it; nothing for a table without time."""
        calendar = self.record["calendar"]
        if calendar["flat"]:
            return Words("", "")
        days = calendar["gap_days"] + calendar["horizon_days"]
        return Words(f" within {days} days", f"未来 {days} 天内")

    @property
    def contacts(self) -> dict[str, dict[str, Any]]:
        """What contacting so many finds, by name."""
        return {line["name"]: line for line in self.record["contacts"]}


def lines_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a table, each by the names of its columns."""
    return [{str(name): value for name, value in line.items()} for line in table.to_dict("records")]


def family(name: str) -> Words:
    """Name a kind of model."""
    return FAMILIES.get(name, same(name))


def segmentation(name: str) -> Words:
    """Name a way of dividing customers; a signal that has no name here is called by its own."""
    measure = name.split("__")[1] if name.count("__") == 2 else name
    return SEGMENTATIONS.get(measure, same(measure.replace("_", " ")))


def segment(name: str) -> Words:
    """Name a segment; a value of the company's own stays as it is."""
    return SEGMENTS.get(name) or MONTHS.get(name) or same(name)
