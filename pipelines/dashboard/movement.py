"""How customers move between the segments that they can change: from month to month, and how large each has become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.gates.words import Words
from pipelines.dashboard import measured
from pipelines.dashboard.numbers import dated
from pipelines.dashboard.store import Mart
from pipelines.report.blocks import Block, Cell, Paragraph, Table
from pipelines.report.numbers import NOTHING, count, percent, same

MOVING = ("rfm_class", "lifecycle_stage", "tier")
TITLE = Words("Who moved", "客户流动")
WITH_LEFT = Words(
    "Figures of the whole company; who has left is counted as well.", "以下为全公司数据，已流失客户也计入。"
)
NONE = Words("Nobody has moved yet.", "暂无客户流动。")
SIZES = Words("Customers in each segment, month by month", "各分组客户数（按月）")
OUTSIDE, MONTHS, MOST = "(none)", 6, 12


def movement(mart: Mart, segmentation: str) -> tuple[Words, list[Block]]:
    """Tell who moved between the segments of a division in the last month, and how large the segments have become."""
    found = measured.moves(mart, segmentation)
    if not found:
        return NONE, []
    sizes = measured.sizes(mart, segmentation, MONTHS)
    told: list[Block] = [Paragraph(WITH_LEFT, "soft"), _balance(found), _moves(found)]
    return _answer(found), [*told, *([_sizes(sizes)] if sizes else [])]


def _answer(found: Sequence[dict[str, Any]]) -> Words:
    period, inside = (
        found[0]["period_name"],
        [row for row in found if OUTSIDE not in (row["segment_from"], row["segment_to"])],
    )
    moved = [row for row in inside if row["segment_from"] != row["segment_to"]]
    everyone = sum(row["customers"] for row in inside) or 1
    share = percent(sum(row["customers"] for row in moved) / everyone)
    if not moved:
        return Words(f"In {period} nobody changed the segment.", f"{period} 没有客户变动分组。")
    first = moved[0]
    return Words(
        f"In {period} {share.en} changed the segment, most often from {first['segment_from_en']} to "
        f"{first['segment_to_en']} ({first['customers']:,}).",
        f"{period} 有 {share.zh} 的客户变动分组，最多的是由“{first['segment_from_zh']}”转为"
        f"“{first['segment_to_zh']}”（{first['customers']:,} 位）。",
    )


def _balance(found: Sequence[dict[str, Any]]) -> Table:
    """Tell of each segment how many were there, stayed, came and went."""
    head = [
        Words("segment", "分组"),
        Words("at the beginning", "期初"),
        Words("stayed in it", "留在本组"),
        Words("came from others", "转入"),
        Words("went to others", "转出"),
        Words("at the end", "期末"),
    ]
    said = {
        row[f"segment_{end}"]: Words(row[f"segment_{end}_en"], row[f"segment_{end}_zh"])
        for row in found
        for end in ("from", "to")
    }
    said.pop(OUTSIDE, None)
    rows = [[words, *_counts(found, name)] for name, words in said.items()]
    return Table(head, rows, frozenset(range(1, 6)))


def _counts(found: Sequence[dict[str, Any]], name: str) -> list[Cell]:
    """Count who was in a segment, stayed, came, went and is in it."""
    begin = sum(row["customers"] for row in found if row["segment_from"] == name)
    end = sum(row["customers"] for row in found if row["segment_to"] == name)
    stayed = sum(row["customers"] for row in found if row["segment_from"] == row["segment_to"] == name)
    part = percent(stayed / begin) if begin else NOTHING
    change = end - begin
    sign = f"{'↑' if change > 0 else '↓'} " if change else ""
    return [count(begin), part, count(end - stayed), count(begin - stayed), same(f"{sign}{end:,.0f}")]


def _moves(found: Sequence[dict[str, Any]]) -> Table:
    head = [Words("from", "由"), Words("to", "转为"), Words("customers", "客户数"), Words("of those before", "占期初")]
    moved = [row for row in found if row["segment_from"] != row["segment_to"]][:MOST]
    rows: list[list[Cell]] = [
        [
            Words(row["segment_from_en"], row["segment_from_zh"]),
            Words(row["segment_to_en"], row["segment_to_zh"]),
            count(row["customers"]),
            NOTHING if row["segment_from"] == OUTSIDE else percent(row["moved_share"]),
        ]
        for row in moved
    ]
    return Table(head, rows, frozenset({2, 3}), Words("The most frequent moves", "最常见的流动"))


def _sizes(found: Sequence[dict[str, Any]]) -> Table:
    months = list(dict.fromkeys(row["period_name"] for row in found))
    held = {(row["segment_name"], row["period_name"]): row["customers"] for row in found}
    said = {row["segment_name"]: Words(row["segment_en"], row["segment_zh"]) for row in found}
    rows: list[list[Cell]] = [
        [words, *(count(held.get((name, month)) or 0) for month in months)] for name, words in said.items()
    ]
    return Table(
        [Words("segment", "分组"), *(dated(month) for month in months)],
        rows,
        frozenset(range(1, len(months) + 1)),
        SIZES,
    )
