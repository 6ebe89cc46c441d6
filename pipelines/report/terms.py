"""What things are called on business pages, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.gates.words import Words
from evaluation.value_names import SHIPPED, ValueNames
from pipelines.report.numbers import same

if TYPE_CHECKING:
    import pandas as pd

FAMILIES = {
    "recency_rule": Words("the recency rule", "最近活跃规则"),
    "bg_nbd": Words("the rhythm of orders (BG/NBD)", "购买节奏模型（BG/NBD）"),
    "logistic": Words("logistic regression", "逻辑回归"),
    "decision_tree": Words("a decision tree", "决策树"),
    "hist_boosting": Words("boosted trees (scikit-learn)", "梯度提升树（scikit-learn）"),
    "xgboost": Words("boosted trees (XGBoost)", "梯度提升树（XGBoost）"),
    "lightgbm": Words("boosted trees (LightGBM)", "梯度提升树（LightGBM）"),
    "catboost": Words("boosted trees (CatBoost)", "梯度提升树（CatBoost）"),
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


@dataclass(frozen=True, eq=False)
class Judged:
    """What the report tells of.

    Parameters
    ----------
    record
        The artifact ``judged``.
    tables
        The artifact ``judged_tables``, by name.
    names
        What values are called.
    """

    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    names: ValueNames = SHIPPED

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
    measure = measure_of(name)
    return SEGMENTATIONS.get(measure, same(measure.replace("_", " ")))


def measure_of(name: str) -> str:
    """Give the measure of a signal's column; any other name is one.

    >>> measure_of("customers__industry__ever"), measure_of("value_tier")
    ('industry', 'value_tier')
    """
    return name.split("__")[1] if name.count("__") == 2 else name
