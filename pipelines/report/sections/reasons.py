"""What the model goes by."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.report.blocks import Bar, Block, Cell, Code, Named, Paragraph, Section, Table
from pipelines.report.numbers import decimal, percent
from pipelines.report.terms import Judged, lines_of

TITLE = Words("What the model goes by", "模型依据什么")
SHOWN = 12


def section(judged: Judged) -> Section | None:
    """Tell the weightiest measures in their own words; nothing for a model without exact parts."""
    if "reasons" not in judged.tables:
        return None
    table = judged.tables["reasons"].head(SHOWN)
    together = percent(float(table["share"].head(3).sum()))
    first = table.iloc[0]
    answer = Words(
        f"Three measures carry {together.en} of the scores' differences; the first is said like this: "
        f"“{first['sentence_en']}”.",
        f"前三个指标解释了评分差异的 {together.zh}；首要指标的说法是：“{first['sentence_zh']}”。",
    )
    note = Words(
        "Each sentence gives the value typical of the tenth of customers whose risk the measure raises most, and the "
        "usual one. The weight is the mean contribution to the score in log odds, all windows of a measure together. "
        "These are reasons for the score, not proven causes of leaving.",
        "每句话给出该指标推高风险最多的十分之一客户的典型值，以及通常值。权重为该指标所有时间窗口对评分（对数几率）的平均贡献。"
        "这些是评分的依据，并非已证实的流失原因。",
    )
    return Section("reasons", TITLE, answer, [_table(judged), Paragraph(note, "soft"), *_pairs(judged)])


def _pairs(judged: Judged) -> list[Block]:
    """Tell which signals act together; nothing where no pair was looked at."""
    if "interactions" not in judged.tables or judged.tables["interactions"].empty:
        return []
    rows: list[list[Cell]] = [
        [Code(line["first"]), Code(line["second"]), decimal(line["effect"], 3), decimal(line["strength"], 2)]
        for line in lines_of(judged.tables["interactions"].head(5))
    ]
    head = [
        Words("signal", "信号"),
        Words("and signal", "与信号"),
        Words("joint effect, log odds", "联合作用（对数几率）"),
        Words("part that is joint (H)", "联合部分占比（H）"),
    ]
    return [Table(head, rows, frozenset({2, 3}), Words("Signals that act together", "共同起作用的信号"))]


def _table(judged: Judged) -> Table:
    table = judged.tables["reasons"].head(SHOWN)
    shuffled = "roc_auc_lost" in table
    largest = float(table["share"].max()) or 1.0
    rows: list[list[Cell]] = []
    for line in lines_of(table):
        said, name = Words(line["sentence_en"], line["sentence_zh"]), line["speaker"]
        row: list[Cell] = [said if said.en.startswith(name) else Named(said, name)]
        row.append(Bar(line["share"] / largest, percent(line["share"])))
        rows.append([*row, decimal(line["roc_auc_lost"], 3)] if shuffled else row)
    head = [Words("where it raises the risk", "推高风险时的表现"), Words("weight", "权重")]
    more = [Words("AUC lost when shuffled", "打乱后 AUC 损失")] if shuffled else []
    return Table([*head, *more], rows, frozenset({2}))
