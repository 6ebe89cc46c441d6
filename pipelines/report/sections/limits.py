"""What these figures do not say."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.report.blocks import Mark, Point, Points, Section
from pipelines.report.terms import Judged

DOT = Mark("•", Words("", ""), "soft")
ALWAYS = (
    Words(
        "A score says who is likely to leave, not who can be kept: whether contacting helps is measured with a control "
        "group.",
        "评分说明谁可能流失，而不说明谁能被挽回：联系是否有效，须用对照组衡量。",
    ),
    Words(
        "The reasons explain the score. They are no proof that changing them would change the outcome.",
        "原因解释的是评分，并不证明改变这些因素就能改变结果。",
    ),
    Words(
        "Customers who were contacted in the past taught the model as well: what was done then is part of what it "
        "learned.",
        "过去曾被联系过的客户也参与了训练：当时的挽留动作已经包含在模型所学之中。",
    ),
)
SMALL = 200


def section(judged: Judged) -> Section:
    """Tell the limits of this judgement, those of this very data first."""
    told = [*_of_this(judged), *ALWAYS]
    answer = Words("Read the figures with these limits in mind.", "阅读以上数值时请注意以下限制。")
    return Section("limits", Words("Limits", "限制"), answer, [Points([Point(DOT, words) for words in told])])


def _of_this(judged: Judged) -> list[Words]:
    told, left = [], int(judged.best["positives"])
    if left < SMALL:
        told.append(
            Words(
                f"Only {left} customers left in the time that was judged: the intervals are wide, and so is the truth.",
                f"评估时段内只有 {left} 位客户流失：置信区间较宽，真实水平的不确定性也大。",
            )
        )
    if judged.record["calendar"]["flat"]:
        told.append(
            Words(
                "The table has no time: training and test customers are of the same moment. Figures in use will be "
                "lower.",
                "该表没有时间：训练与测试客户来自同一时点，实际使用中的指标会更低。",
            )
        )
    else:
        told.append(
            Words(
                "One test cutoff is one season. The backtest shows how much figures change from time to time.",
                "一个测试截止时刻只代表一个时段；回测展示了不同时刻之间的差异。",
            )
        )
    if judged.record["money"]["applies"]:
        told.append(
            Words(
                "The profit rests on assumed terms, the acceptance above all; change them in the project's settings.",
                "利润取决于假设条件，尤其是接受比例；请在项目配置中修改。",
            )
        )
    return told
