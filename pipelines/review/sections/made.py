"""How the figures were made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evaluation.gates.words import NOTHING as SILENT
from evaluation.gates.words import Words
from pipelines.report.blocks import Cell, Section, Table
from pipelines.report.names import left_out, topic
from pipelines.report.numbers import listed, same
from pipelines.review.figures.facts import Facts

TITLE = Words("How these figures were made", "数据说明")
KINDS = {
    "contractual": Words(
        "notice given, or no new term within {grace_days} days after the end of one",
        "提出解约，或合同到期后 {grace_days} 天内未续约",
    ),
    "inactivity": Words(
        "nothing under “{entries.en}” for {activity_days} days", "{activity_days} 天内无“{entries.zh}”记录"
    ),
    "spend_drop": Words(
        "spend below its own past by {drop_share:.0%} or more", "消费较自身过去下降 {drop_share:.0%} 及以上"
    ),
}


NO_GRACE = Words("notice given, or no new term at the end of one", "提出解约，或合同到期未续约")
YARDSTICKS = {
    "b2b": Words("business to business", "企业服务（B2B）"),
    "saas": Words("software as a service", "软件即服务（SaaS）"),
    "consumer_retail": Words("consumer retail", "消费零售"),
}
CUSTOMERS = Words(
    "At the start + new + returned − lost = at the end. Who came and left within the month is in no rate.",
    "期初 + 新增 + 回流 − 流失 = 期末。当月新增且当月流失的客户不计入任何比率。",
)
VALUE_AT_RISK = Words(
    "What a customer is worth times its risk, of all customers scored at the end of the month.",
    "客户价值乘以流失概率，按月末已评分的全部客户合计。",
)


def section(facts: Facts) -> Section:
    """Tell definitions, dates, coverage and freshness."""
    data_end = _day(facts.made.data_end)
    answer = Words(
        f"The data reach to {data_end}; every figure is computed from them, none is entered by hand.",
        f"数据截至 {data_end}；所有数字均由数据计算得出，没有手工填写。",
    )
    rows: list[list[Cell]] = [[name, said] for name, said in _lines(facts) if said.en]
    return Section("made", TITLE, answer, [Table([Words("what", "项目"), Words("how", "说明")], rows)])


def _lines(facts: Facts) -> list[tuple[Words, Words]]:
    return [
        (Words("The month", "月份"), _month(facts)),
        (Words("Left", "流失"), _left(facts)),
        (Words("Customers", "客户"), CUSTOMERS),
        (Words("Healthy", "健康水平"), _yardstick(facts)),
        (Words("Usual, beyond chance", "平常、超出随机波动"), _usual(facts)),
        (Words("Intervals", "区间"), _intervals(facts)),
        (Words("Data", "数据"), _data(facts)),
        (Words("Scores", "评分"), _scores(facts)),
        (Words("Without a score", "未评分"), _left_out(facts)),
        (Words("Value at risk", "风险金额"), VALUE_AT_RISK),
    ]


def _month(facts: Facts) -> Words:
    first, after, zone = facts.month.first_day, facts.month.back(-1).first_day, facts.month.zone
    return Words(
        f"From midnight of {first} to midnight of {after} ({zone}). Scores, alerts and actions belong to it when their "
        "instant lies in it or at its end.",
        f"{first} 零点至 {after} 零点（{zone}）。评分、预警与行动按其时刻归入当月，月末时刻计入当月。",
    )


def _usual(facts: Facts) -> Words:
    months = facts.changes.usual_months
    return Words(
        f"Usual is the churn of the {months} months before, taken together. Beyond chance: the interval of the "
        "difference (Newcombe), which holds at 95 % for all segments together, excludes 0.",
        f"平常指此前 {months} 个月的合并流失率。超出随机波动：差异的区间（Newcombe 法，"
        "对全部客群同时成立，95%）不含 0。",
    )


def _intervals(facts: Facts) -> Words:
    fewest = facts.project.measures.minimum_customers
    return Words(
        f"95 %; shares by Wilson, amounts by linearisation over customers. Rates of fewer than {fewest} customers: too "
        "few to say.",
        f"95%；占比用 Wilson 法，金额按客户线性化。少于 {fewest} 位客户的比率：样本太少。",
    )


def _data(facts: Facts) -> Words:
    begin, since = _day(facts.made.data_begin), facts.made.recorded_since
    return Words(f"From {begin}; leaving is on record since {since}.", f"始于 {begin}；自 {since} 起有流失记录。")


def _left(facts: Facts) -> Words:
    said = []
    for each in facts.made.churn:
        words, entries = _kind(each), topic(each.get("table") or "")
        said.append(Words(words.en.format(**each, entries=entries), words.zh.format(**each, entries=entries)))
    one = Words("; or ".join(each.en for each in said), "；或".join(each.zh for each in said))
    return Words(f"{one.en[:1].upper()}{one.en[1:]}.", f"{one.zh}。")


def _kind(churn: dict[str, Any]) -> Words:
    return NO_GRACE if churn["kind"] == "contractual" and not churn["grace_days"] else KINDS[churn["kind"]]


def _yardstick(facts: Facts) -> Words:
    if not facts.base.trend:
        return SILENT
    given = str(facts.base.trend[-1]["yardstick_name"])
    name = YARDSTICKS.get(given, same(given))
    return Words(f"As in {name.en} (measures.yardsticks).", f"参照{name.zh}（measures.yardsticks）。")


def _scores(facts: Facts) -> Words:
    stake = facts.base.now
    if stake is None:
        return Words("None of this month.", "本月没有评分。")
    run, days = stake.run, facts.made.horizon_days
    as_of, made_on = _day(run.as_of), _day(run.finished_at)
    return Words(
        f"Risk of leaving within {days} days of {run.scored:,} of {run.eligible:,} customers, as of {as_of}, made on "
        f"{made_on} by champion version {run.model_version}.",
        f"未来 {days} 天流失概率，{run.eligible:,} 位客户中评分 {run.scored:,} 位；截至 {as_of}，计算于 {made_on}，"
        f"冠军模型版本 {run.model_version}。",
    )


def _left_out(facts: Facts) -> Words:
    rows = facts.made.left_out
    if not rows:
        return SILENT
    said = listed([_outcome(row) for row in rows])
    return Words(f"{said.en}.", f"{said.zh}。")


def _outcome(row: dict[str, Any]) -> Words:
    reason = left_out(row["reason"] or "")
    return Words(f"{row['customers']:,} {reason.en}", f"{reason.zh} {row['customers']:,} 位")


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d}"
