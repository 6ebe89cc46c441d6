"""Who taught the model, who chose its settings, who judged it."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, Line, Stretch, line_chart, timeline
from pipelines.report.numbers import count, day, percent, same
from pipelines.report.terms import Judged, lines_of

_OVER = Words("no outcome that taught was still open when the judged ones began.", "评估开始时，所有训练结果均已结束。")
_KNOWN = Words(
    "of outcomes still open when the judged ones began, only what was known by then taught.",
    "评估开始时尚未结束的结果，仅其当时已知的部分参与训练。",
)
TITLE = Words("Data and split", "数据与划分")
ROLES = {
    "teaches": Words("teaches", "训练"),
    "chooses": Words("chooses settings, then teaches", "选参数，随后也用于训练"),
    "open": Words("teaches what the test cutoff knew", "仅用测试时刻已知部分训练"),
    "judges": Words("judges, used for nothing else", "评估，不作他用"),
    "unused": Words("not used", "未使用"),
    "": Words("one table without time", "无时间的单表"),
}
ROWS = {
    "teaches": Words("teaches", "训练"),
    "chooses": Words("chooses settings", "选参数"),
    "open": Words("open then", "当时未结束"),
    "judges": Words("judges", "评估"),
}
LOOKS = {"teaches": "teach", "chooses": "choose", "open": "teach", "judges": "judge"}


def section(judged: Judged) -> Section:
    """Tell the tables, the cutoffs and the split."""
    flat = judged.record["calendar"]["flat"]
    blocks: list[Block] = [] if flat else [Pictures([_split(judged), _base_rate(judged)])]
    return Section("data", TITLE, _answer(judged), [*blocks, _cutoffs(judged), *_tables(judged), *_drift(judged)])


def _answer(judged: Judged) -> Words:
    split, signals = judged.record["split"], judged.record["signals"]["model"]
    if judged.record["calendar"]["flat"]:
        return Words(
            f"{split['train_rows']:,} customers taught, {split['test_rows']:,} others judged, by {signals} columns; "
            "the table has no time, so that this shows no forecast.",
            f"用 {split['train_rows']:,} 位客户训练，用另外 {split['test_rows']:,} 位客户评估，共 {signals} 列；"
            "该表没有时间信息，因此不能证明预测能力。",
        )
    opened = split.get("open_rows", 0)  # which models of earlier releases were not taught
    taught, known = split["train_rows"] + opened, _KNOWN if opened else _OVER
    return Words(
        f"{taught:,} rows of earlier cutoffs taught, {split['test_rows']:,} customers at the last cutoff judged, "
        f"by {signals} signals; {known.en}",
        f"较早截止时刻的 {taught:,} 行用于训练，最后截止时刻的 {split['test_rows']:,} 位客户用于评估，"
        f"共 {signals} 个信号；{known.zh}",
    )


def _split(judged: Judged) -> Picture:
    table, calendar = judged.tables["population"], judged.record["calendar"]
    window = timedelta(days=calendar["gap_days"] + calendar["horizon_days"])
    test = datetime.fromisoformat(calendar["test_cutoff"])
    rows = []
    for role, label in ROWS.items():
        there = [datetime.fromisoformat(str(at)) for at in table.loc[table["role"] == role, "cutoff"]]
        ends = [min(at + window, test) if role == "open" else at + window for at in there]
        stretches = [
            Stretch(_days(at), _days(end), f"{LOOKS[role]} window") for at, end in zip(there, ends, strict=True)
        ]
        stretches += [Stretch(_days(at), _days(at), f"{LOOKS[role]} cutoff") for at in there]
        if there:
            rows.append((label, stretches))
    first = min(datetime.fromisoformat(str(at)) for at in table["cutoff"])
    last = test + window
    low, high = _days(first), _days(last)
    across = Axis(low, high, Words("time", "时间"), _month, np.linspace(low, high, 5).tolist())
    title = Words("Nothing learned reaches into the time that is judged", "训练内容不会进入评估时段")
    days = calendar["gap_days"] + calendar["horizon_days"]
    caption = Words(
        f"Dark lines: cutoffs, at which customers are looked at. Bars: the {days} days after, in which leaving counts.",
        f"深色线：截止时刻，即观察客户的时点；色块：其后 {days} 天的结果窗口。",
    )
    return Picture(title, caption, timeline(rows, across))


def _base_rate(judged: Judged) -> Picture:
    table = judged.tables["population"]
    x = np.array([_days(datetime.fromisoformat(str(at))) for at in table["cutoff"]])
    y = table["base_rate"].to_numpy(dtype=float)
    title = Words(
        f"{percent(y[-1]).en} left after the last cutoff, {percent(y[0]).en} after the first",
        f"最后一个截止时刻后流失 {percent(y[-1]).zh}，第一个为 {percent(y[0]).zh}",
    )
    caption = Words("Share of customers who left after each cutoff.", "每个截止时刻之后的客户流失比例。")
    low, high = float(x[0]), float(max(x[-1], x[0] + 1))
    line = Line(x, y, "model", Words("left", "流失率"), low + 0.5 * (high - low))
    across = Axis(low, high, Words("cutoff", "截止时刻"), _month, np.linspace(low, high, 4).tolist())
    up = Axis(0, 1.25 * float(y.max()) or 1, Words("share that left", "流失率"), percent)
    return Picture(title, caption, line_chart([line], across, up))


def _cutoffs(judged: Judged) -> Table:
    rows: list[list[Cell]] = [
        [
            same("–" if not line["role"] else day(line["cutoff"])),
            ROLES[line["role"]],
            count(line["customers"]),
            count(line["leavers"]),
            percent(line["base_rate"], 1),
        ]
        for line in lines_of(judged.tables["population"])
    ]
    head = [
        Words("cutoff", "截止时刻"),
        Words("what it does", "用途"),
        Words("customers", "客户数"),
        Words("left", "流失数"),
        Words("share", "流失率"),
    ]
    return Table(head, rows, frozenset({2, 3, 4}), Words("All cutoffs", "全部截止时刻"))


def _tables(judged: Judged) -> list[Block]:
    found = judged.record["data"]
    rows: list[list[Cell]] = [[same(name), count(number)] for name, number in found["rows"].items()]
    if not rows:
        return []
    head = [Words("table", "数据表"), Words("rows accepted", "采纳行数")]
    return [Table(head, rows, frozenset({1}), Words("Tables", "数据表"))]


def _drift(judged: Judged) -> list[Block]:
    moved = judged.tables["drift"].reset_index().head(10)
    since = "psi_since_last" in moved
    rows: list[list[Cell]] = []
    for line in lines_of(moved):
        figures = [same(f"{line['psi']:.2f}"), *([same(f"{line['psi_since_last']:.2f}")] if since else [])]
        rows.append([same(line["signal"]), *figures])
    head = [Words("signal", "信号"), Words("all training to test", "全部训练到测试")]
    head += [Words("last training cutoff to test", "最后训练时刻到测试")] if since else []
    title = Words(
        "Signals that moved furthest (stability index: below 0.1 is little, above 0.25 much)",
        "漂移最大的信号（稳定性指数 PSI：低于 0.1 为轻微，高于 0.25 为明显）",
    )
    return [Table(head, rows, frozenset({1, 2}), title)]


def _days(at: datetime) -> float:
    return at.timestamp() / 86_400


def _month(days: float) -> Words:
    at = datetime(1970, 1, 1) + timedelta(days=days)
    return Words(f"{at:%b %Y}", f"{at.year}-{at.month:02d}")
