"""One customer in a list: who it is, how likely to leave, what is at stake, and why."""

from __future__ import annotations

from typing import Any

import streamlit as st

from evaluation.gates.words import Words
from pipelines.dashboard.drawn import html
from pipelines.dashboard.screen import Screen
from pipelines.report.names import band
from pipelines.report.numbers import money

WHY = Words("Why", "原因")
SMALLEST_CHANGE = 0.01


def customer_row(screen: Screen, row: dict[str, Any]) -> None:
    """Draw a customer with a link to its page."""
    with st.container(gap=None):
        screen.to_customer(row["customer_id"], row["customer_name"] or row["customer_id"])
        st.html(row_html(screen, row))


def row_html(screen: Screen, row: dict[str, Any]) -> str:
    """Write what stands below a customer's name."""
    mark = band(row["risk_band"], screen.project.value_names)
    about = [
        row["customer_id"],
        *(screen.say(screen.named(row[name], name)) for name in ("industry", "region") if row[name]),
    ]
    return html(
        "row.html",
        screen.language,
        about=[*about, row["owner"]] if row["owner"] else about,
        mark={"sign": mark.sign, "tone": mark.tone, "said": screen.say(mark.words)},
        risk=screen.say(risk(row["probability"])),
        more=[said for words in (change(row), at_stake(row, screen.project.currency)) if (said := screen.say(words))],
        why=screen.say(WHY),
        reasons=[said for place in (1, 2, 3) if (said := row[f"reason_{place}_{screen.language}"])],
    )


def risk(probability: float) -> Words:
    r"""Say the risk of one customer with two significant figures, and no certainty.

    >>> risk(0.4312).en, risk(0.0312).zh, risk(0.0004).en, risk(0.999).en
    ('43\xa0%', '3.1%', 'below 0.1\xa0%', 'over 99\xa0%')
    """
    if probability < 0.001:
        return Words("below 0.1\N{NO-BREAK SPACE}%", "低于 0.1%")
    if probability > 0.99:
        return Words("over 99\N{NO-BREAK SPACE}%", "高于 99%")
    text = f"{probability * 100:.0f}" if probability >= 0.0995 else f"{probability * 100:.2g}"
    return Words(f"{text}\N{NO-BREAK SPACE}%", f"{text}%")


def change(row: dict[str, Any]) -> Words:
    """Say how the risk moved since the time before; nothing where it hardly did."""
    before = row["previous_probability"]
    if before is None or abs(row["probability"] - before) < SMALLEST_CHANGE:
        return Words("", "")
    sign, points = ("↑", "up") if row["probability"] > before else ("↓", "down")
    size = f"{abs(row['probability'] - before) * 100:.0f}"
    chinese = "上升" if points == "up" else "下降"
    return Words(f"{sign} {points} {size} points", f"{sign} {chinese} {size} 个百分点")


def at_stake(row: dict[str, Any], currency: str) -> Words:
    """Say the value at risk, else what the customer pays a month."""
    if row["value_at_risk"] is not None:
        said = money(row["value_at_risk"], currency)
        return Words(f"{said.en} at risk", f"风险金额 {said.zh}")
    if row["monthly_value"] is not None:
        said = money(row["monthly_value"], currency)
        return Words(f"pays {said.en} a month", f"月付 {said.zh}")
    return Words("", "")
