"""The high-risk portrait: traits that mark leavers, and how the groups fared on later customers."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.report.blocks import Cell, Mark, Paragraph, Section, Table
from pipelines.report.numbers import count, percent, times
from pipelines.report.terms import Judged

TITLE = Words("Who is at high risk", "高风险客户画像")
LATER, OTHER = Words("later", "其后的"), Words("other", "其他")
VERDICTS = {
    "confirmed": Mark("✓", Words("confirmed", "已验证"), "good"),
    "not confirmed": Mark("▲", Words("not confirmed", "未能验证"), "amber"),
    "too few to say": Mark("·", Words("too few to say", "样本太少，不下结论"), "soft"),
}


def section(judged: Judged) -> Section | None:
    """Tell the portraits; nothing where no group stands out."""
    found = judged.record.get("portrait") or {}
    drawn = found.get("portraits") or []
    if not drawn:
        return None
    later = OTHER if judged.record["calendar"]["flat"] else LATER
    note = Words(
        f"The groups were found by a small tree that stands in for the model (it explains {found['fidelity']:.0%} of "
        f"the scores' variance), and counted on {found['customers']:,} {later.en} customers. Traits mark leavers; they "
        "are not proven causes.",
        f"分组由一棵代替模型的小决策树得出（可解释评分方差的 {found['fidelity']:.0%}），"
        f"并在{later.zh} {found['customers']:,} 位客户上计数。特征只标识流失客户，并非已证实的原因。",
    )
    return Section("portrait", TITLE, _answer(found, drawn, later), [_table(drawn, later), Paragraph(note, "soft")])


def _answer(found: dict[str, Any], drawn: list[dict[str, Any]], later: Words) -> Words:
    seen = [group for group in drawn if group["verdict"] == "confirmed"]
    if not seen:
        return Words(f"No group could be confirmed on {later.en} customers.", f"没有分组能在{later.zh}客户上得到验证。")
    customers, leavers = (sum(group[key] for group in seen) for key in ("customers", "recall"))
    share, of_all = percent(customers / found["customers"]), percent(leavers)
    who = f"{len(seen)} groups with {share.en} of customers hold" if len(seen) > 1 else f"A group of {share.en} holds"
    return Words(
        f"{who} {of_all.en} of the leavers, confirmed on {later.en} customers.",
        f"{len(seen)} 个分组共占客户的 {share.zh}，却包含 {of_all.zh} 的流失客户，并已在{later.zh}客户上得到验证。",
    )


def _table(drawn: list[dict[str, Any]], later: Words) -> Table:
    head = [
        Words("traits together", "共同特征"),
        Words("customers", "客户数"),
        Words("left", "流失率"),
        Words("95 % interval", "95% 区间"),
        Words("against the average", "相对平均"),
        Words("of all leavers", "占全部流失"),
        Words(f"on {later.en} customers", f"在{later.zh}客户上"),
    ]
    return Table(head, [_row(group) for group in drawn], frozenset({1, 2, 3, 4, 5}))


def _row(group: dict[str, Any]) -> list[Cell]:
    low, high = percent(group["rate_low"]), percent(group["rate_high"])
    return [
        Words("; ".join(group["traits_en"]), "；".join(group["traits_zh"])),
        count(group["customers"]),
        percent(group["rate"]),
        Words(f"{low.en} to {high.en}", f"{low.zh} 至 {high.zh}"),
        times(group["lift"]),
        percent(group["recall"]),
        VERDICTS[group["verdict"]],
    ]
