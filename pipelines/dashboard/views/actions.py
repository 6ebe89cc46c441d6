"""Alerts and experiments: what rules warned of, and what acting brought; what to do where there is none yet."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.dashboard.screen import Screen
from pipelines.report.blocks import Paragraph

NONE_YET = Words("No alert and no experiment has been recorded yet.", "尚无预警与实验记录。")
ALERTS, EXPERIMENTS = Words("Alerts", "预警"), Words("Experiments", "实验")
DO_ALERTS = Words(
    "churnlab rules list tells the rules that warn; churnlab rules test shows on the past how often each would fire.",
    "预警规则可用 churnlab rules list 查看；churnlab rules test 用历史数据检验每条规则的触发频率。",
)
DO_EXPERIMENTS = Words(
    "Keep a random part of the high-risk customers without a call; only the comparison shows what calling brings.",
    "请随机保留一部分高风险客户不做干预，只有与之对比才能看出干预的效果。",
)


def view(screen: Screen) -> None:
    """Say that there is nothing yet, and what to do."""
    screen.answer(NONE_YET)
    screen.heading(ALERTS)
    screen.draw(Paragraph(DO_ALERTS))
    screen.heading(EXPERIMENTS)
    screen.draw(Paragraph(DO_EXPERIMENTS))
