"""Texts in which results are told to people."""

from __future__ import annotations

from typing import Any


def run_description(judged: dict[str, Any]) -> str:
    """Describe a run in Markdown for MLflow: the answer first, then the figures beside the rule."""
    best, calendar = judged["best"], judged["calendar"]
    figures, interval = judged["test"][best], judged["intervals"]["roc_auc"]
    when = f"at cutoff {calendar['test_cutoff'][:10]}" if calendar["test_cutoff"] else "of the held-out part"
    lines = [
        f"**{best}** ranks a customer who leaves above one who stays {figures['roc_auc']:.0%} of the time "
        f"(AUC {figures['roc_auc']:.3f}, 95 % interval {interval['low']:.3f} to {interval['high']:.3f}) "
        f"on {figures['rows']:,.0f} customers {when} that it has not seen; base rate {figures['base_rate']:.1%}.",
        "",
        "| model | AUC | PR-AUC | log loss | lift at 10 % |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['roc_auc']:.3f} | {row['pr_auc']:.3f} | {row['log_loss']:.3f} | {row['lift_at_10pct']:.2f} |"
        for name, row in judged["test"].items()
    ]
    lines += [
        "",
        *(f"- {gate['code']} {gate['title']}: **{gate['status']}**, {gate['found']}" for gate in judged["gates"]),
    ]
    return "\n".join(lines)
