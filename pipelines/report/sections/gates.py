"""The gates: what each found, why it matters, what to do."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Mark, Point, Points, Section
from pipelines.report.terms import Judged

MARKS = {
    "passed": Mark("✓", Words("passed", "通过"), "good"),
    "failed": Mark("✗", Words("failed", "未通过"), "bad"),
    "warned": Mark("▲", Words("warns", "提醒"), "amber"),
    "not_applicable": Mark("–", Words("not applicable", "不适用"), "soft"),
}
FOUND, WHY, DO = Words("Found", "发现"), Words("Why it matters", "为何重要"), Words("What to do", "怎么做")
LOUD = ("failed", "warned")


def section(judged: Judged) -> Section:
    """Tell what blocks and what warns first, the rest folded."""
    found = judged.record["gates"]
    loud = [_point(gate) for gate in found if gate["status"] in LOUD]
    quiet = [_point(gate) for gate in found if gate["status"] not in LOUD]
    blocks: list[Block] = [Points(loud)] if loud else []
    blocks.append(Points(quiet, Words("Passed, and not applicable", "已通过与不适用")))
    return Section("gates", Words("Gates before use", "上线前的门禁"), verdict(judged), blocks)


def verdict(judged: Judged) -> Words:
    """Say in one sentence whether the model may be used."""
    count = {status: sum(gate["status"] == status for gate in judged.record["gates"]) for status in MARKS}
    passed = f"{count['passed']}", f"{len(judged.record['gates']) - count['not_applicable']}"
    if count["failed"]:
        return Words(
            f"Must not be used: {count['failed']} of {passed[1]} gates failed.",
            f"不可上线：{passed[1]} 项门禁中有 {count['failed']} 项未通过。",
        )
    if count["warned"]:
        return Words(
            f"May be used with care: {passed[0]} of {passed[1]} gates passed, {count['warned']} warn.",
            f"可谨慎使用：{passed[1]} 项门禁中 {passed[0]} 项通过，{count['warned']} 项提醒。",
        )
    return Words(
        f"May be used: all {passed[1]} gates that apply passed.", f"可以使用：适用的 {passed[1]} 项门禁全部通过。"
    )


def worst(judged: Judged) -> Mark:
    """Give the mark of the most serious finding."""
    seen = {gate["status"] for gate in judged.record["gates"]}
    return next(MARKS[status] for status in ("failed", "warned", "passed", "not_applicable") if status in seen)


def _point(gate: dict[str, Any]) -> Point:
    title = Words(f"{gate['title']} ({gate['code']})", f"{gate['title_zh']}（{gate['code']}）")
    lines = [(FOUND, Words(gate["found"], gate["found_zh"]))]
    if gate["status"] != "passed":
        lines.append((WHY, Words(gate["why"], gate["why_zh"])))
    if gate["status"] in LOUD:
        lines.append((DO, Words(gate["do"], gate["do_zh"])))
    return Point(MARKS[gate["status"]], title, lines)
