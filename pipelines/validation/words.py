"""What the reports say, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Text = dict[str, str]

# By the last part of a check's name.
_CHECKS: dict[str, Text] = {
    "missing": {"en": "{column} is missing", "zh": "{column} 缺失"},
    "range": {"en": "{column} is out of its range", "zh": "{column} 超出允许范围"},
    "finite": {"en": "{column} is not a number", "zh": "{column} 不是数字"},
    "set": {"en": "{column} has a value that is not allowed", "zh": "{column} 出现不允许的取值"},
    "plausible": {"en": "{column} is not a plausible time", "zh": "{column} 的时间不可信"},
    "order": {"en": "{column} comes before what it follows", "zh": "{column} 早于其前一步的时间"},
    "unique": {"en": "{column} repeats another row", "zh": "{column} 与其他行重复"},
    "orphan": {"en": "the customer is not in customers", "zh": "客户不在客户表中"},
    "before_customer": {"en": "{column} is before the customer began", "zh": "{column} 早于客户开始时间"},
    "after_end": {"en": "{column} is after the customer's last contract", "zh": "{column} 晚于客户最后一份合同结束"},
    "overlap": {"en": "terms of the same plan overlap", "zh": "同一套餐的合同期重叠"},
    "volume": {"en": "far fewer rows than in the last accepted load", "zh": "行数远少于上一次通过的数据"},
    "last_week": {"en": "hardly any rows in the last week", "zh": "最近一周几乎没有数据"},
    "fresh": {"en": "no recent facts", "zh": "没有近期数据"},
    "more_missing": {"en": "{column} is missing far more often than before", "zh": "{column} 的缺失比例明显上升"},
    "new_category": {"en": "{column} has a category never seen", "zh": "{column} 出现从未见过的类别"},
    "shift": {"en": "{column} is distributed otherwise than before", "zh": "{column} 的分布与之前不同"},
    "gone": {"en": "{column} is gone", "zh": "{column} 已消失"},
    "new": {"en": "{column} is new", "zh": "{column} 为新增"},
    "renamed": {"en": "{column} seems to have another name now", "zh": "{column} 似乎已改名"},
    "retyped": {"en": "{column} has another type now", "zh": "{column} 的类型已改变"},
}

# What the same checks want, for those that passed.
_WANTED: dict[str, Text] = {
    "missing": {"en": "{column} has a value", "zh": "{column} 有值"},
    "range": {"en": "{column} is within its range", "zh": "{column} 在允许范围内"},
    "finite": {"en": "{column} is a number", "zh": "{column} 是数字"},
    "set": {"en": "{column} has allowed values only", "zh": "{column} 的取值均被允许"},
    "plausible": {"en": "{column} is a plausible time", "zh": "{column} 的时间可信"},
    "order": {"en": "{column} comes after what it follows", "zh": "{column} 不早于其前一步的时间"},
    "unique": {"en": "{column} is there once", "zh": "{column} 不重复"},
    "orphan": {"en": "the customer is in customers", "zh": "客户在客户表中"},
    "before_customer": {"en": "{column} is not before the customer began", "zh": "{column} 不早于客户开始时间"},
    "after_end": {"en": "{column} is not after the last contract", "zh": "{column} 不晚于最后一份合同结束"},
    "overlap": {"en": "terms of the same plan do not overlap", "zh": "同一套餐的合同期不重叠"},
    "volume": {"en": "not far fewer rows than in the last accepted load", "zh": "行数未明显少于上一次通过的数据"},
    "last_week": {"en": "the last week has as many rows as usual", "zh": "最近一周的数据量正常"},
    "fresh": {"en": "there are recent facts", "zh": "有近期数据"},
    "more_missing": {"en": "{column} is missing no more often than before", "zh": "{column} 的缺失比例未上升"},
    "new_category": {"en": "{column} has only categories seen before", "zh": "{column} 没有新类别"},
    "shift": {"en": "{column} is distributed as before", "zh": "{column} 的分布与之前一致"},
}

_ODDITIES: dict[str, Text] = {
    "missing": {
        "en": "{column} is missing in {rows} of {of} rows ({share})",
        "zh": "{column} 在 {of} 行中缺失 {rows} 行（{share}）",
    },
    "negative": {
        "en": "{column} is negative in {rows} of {of} rows ({share}): returns or corrections?",
        "zh": "{column} 在 {of} 行中有 {rows} 行为负数（{share}）：是退货还是冲销？",
    },
    "shape": {
        "en": "{column} has another shape in {rows} of {of} rows ({share}), such as {examples}: tests, fees?",
        "zh": "{column} 在 {of} 行中有 {rows} 行编码格式异常（{share}），例如 {examples}：是测试还是费用？",
    },
}

_EXPLAINED: dict[str, Text] = {
    "all": {"en": "; exactly where {condition}", "zh": "；恰好是 {condition} 的行"},
    "part": {"en": "; {part} of them where {condition}", "zh": "；其中 {part} 是 {condition} 的行"},
}

FAMILY_BECAUSE: dict[str, Text] = {
    "no table": {"en": "the table is not mapped", "zh": "未提供该表"},
    "no rows": {"en": "the table has no usable row", "zh": "该表没有可用的行"},
    "no values": {"en": "without any value: {columns}", "zh": "没有任何取值的列：{columns}"},
}

HORIZON_BECAUSE: dict[str, Text] = {
    "windows": {"en": "fewer than two separate windows", "zh": "独立窗口不足两个"},
    "churners": {"en": "too few churners", "zh": "流失客户太少"},
}


def check_said(check: Mapping[str, Any]) -> Text:
    """Say what a failed check means; a check of the user's own speaks for itself."""
    return fault_said(check["name"], check["reason"])


def fault_said(name: str, reason: str) -> Text:
    """Say what is wrong where a check fails.

    Parameters
    ----------
    name
        Name of the check; its last part says what is looked at, the part before it where.
    reason
        The check's own words, for a check that is not generated.

    Examples
    --------
    >>> fault_said("orders.amount.range", "")["en"]
    'amount is out of its range'
    """
    return _said(_CHECKS, name, reason)


def wanted_said(name: str, reason: str) -> Text:
    """Say what a check wants, as `fault_said` says what is wrong.

    Examples
    --------
    >>> wanted_said("orders.amount.range", "")["en"]
    'amount is within its range'
    """
    return _said(_WANTED, name, reason)


def reasons_said(checks: Iterable[tuple[str, str]]) -> dict[str, Text]:
    """Say reasons for which rows are set aside in both languages.

    Parameters
    ----------
    checks
        Name and reason of each check.

    Examples
    --------
    >>> reasons_said([("orders.amount.finite", "amount is not a number")])
    {'amount is not a number': {'en': 'amount is not a number', 'zh': 'amount 不是数字'}}
    """
    return {reason: {"en": reason, "zh": fault_said(name, reason)["zh"]} for name, reason in checks}


def _said(texts: Mapping[str, Text], name: str, reason: str) -> Text:
    *place, what = name.split(".")
    known = texts.get(what, {"en": "{reason}", "zh": "{reason}"})
    return {language: text.format(column=place[-1], reason=reason) for language, text in known.items()}


def oddity_said(oddity: Any) -> Text:
    """Say what stands out in a column, and what explains it."""
    made = {}
    for language, text in _ODDITIES[oddity.kind].items():
        said = text.format(
            column=oddity.column,
            rows=f"{oddity.rows:,}",
            of=f"{oddity.of:,}",
            share=percent(oddity.share),
            examples=", ".join(f"{code} ({rows:,})" for code, rows in oddity.examples),
        )
        made[language] = said + _explained(oddity, language)
    return made


def misdated_said(found: Any) -> Text:
    """Say how many rows are dated outside the life of what they belong to."""
    share, rows = percent(found.share), f"{found.rows:,}"
    child, parent = f"{found.child}.{found.child_time}", f"{found.parent}.{found.parent_time}"
    word = {"before": ("before", "早于"), "after": ("after", "晚于")}[found.which]
    return {
        "en": f"{share} of {found.child} ({rows} rows) are dated {word[0]} {parent} ({child})",
        "zh": f"{found.child} 中 {share} 的行（{rows} 行）的 {child} {word[1]} {parent}",
    }


def departures_said(found: Any) -> Text:
    """Say in how many ways the files name those who left, and how far these agree."""
    ways = ", ".join(f"{way.where} ({way.customers:,} = {percent(way.customers / found.total)})" for way in found.ways)
    worst = min(share for _, _, share in found.agreement)
    count = len(found.ways)
    return {
        "en": f"{count} definitions of churn contradict each other: {ways}; two of them share only {percent(worst)}",
        "zh": f"{count} 种流失口径互相矛盾：{ways}；其中两种仅重合 {percent(worst)}",
    }


def percent(share: float) -> str:
    """Write a share as people say it.

    Examples
    --------
    >>> percent(0.7657), percent(0.0004), percent(0.0), percent(1.0)
    ('76.6 %', '< 0.1 %', '0 %', '100 %')
    """
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.0f} %" if share in (0.0, 1.0) else f"{100 * share:.1f} %"


def _explained(oddity: Any, language: str) -> str:
    if not oddity.explained_by:
        return ""
    text = _EXPLAINED["all" if oddity.explained_share == 1 else "part"][language]
    return text.format(condition=oddity.explained_by, part=percent(oddity.explained_share))
