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


def verdict(name: str, version: str, standing: str, reason: str) -> str:
    """Say in a line of Markdown what became of a version.

    >>> verdict("churn_demo", "2", "champion", "the first champion")
    '**Champion** (churn_demo version 2): the first champion.'
    """
    words = {
        "champion": "Champion",
        "appointed": "Champion by a person's decision",
        "challenger": "Challenger, not promoted",
        "blocked": "Blocked",
    }
    return f"**{words[standing]}** ({name} version {version}): {reason}."


def version_description(judged: dict[str, Any], said: str) -> str:
    """Describe a registered version in Markdown: what became of it and why, then how good it is."""
    best, calendar = judged["best"], judged["calendar"]
    figures = judged["test"][best]
    when = f" for cutoff {calendar['test_cutoff'][:10]}" if calendar["test_cutoff"] else ""
    return (
        f"{said}\n\n**{best}**{when}, on {figures['rows']:,.0f} unseen customers: log loss {figures['log_loss']:.4f}, "
        f"AUC {figures['roc_auc']:.3f}, lift at 10 % {figures['lift_at_10pct']:.2f}; "
        f"base rate {figures['base_rate']:.1%}. Its run holds the pictures, the report and the checks."
    )


def model_description(title: str, days: int | None) -> str:
    """Describe the registered model of a project in Markdown; a flat table has no days."""
    when = "" if days is None else f" in the next {days} days"
    return (
        f"Probability that a customer of {title} leaves{when}.\n\n"
        "`champion` is the version that scores, `challenger` the newest, `previous` the champion before. "
        "Each version says in its description why it won or did not."
    )


def experiment_description(title: str, champion: str, reason: str) -> str:
    """Describe an experiment in Markdown: the champion first, then how to find and compare runs."""
    return "\n".join(
        [
            f"**Champion: {champion}**: {reason}.",
            "",
            f"One run each time a model of {title} was trained; below it one for each family of models, "
            "and below the searched family one for each trial.",
            "",
            "- **Find the champion**: search for `tags.standing = 'champion'`. Its description says how good it is.",
            "- **What decides**: metrics under `0_decides`, on customers that no model had seen. "
            "Less log loss is better; the new model must beat the champion on the same customers.",
            "- **Compare**: mark runs, then *Compare*: parallel coordinates and curves. "
            "Pictures of gain and calibration are among the artifacts of each run, in `figures`.",
        ]
    )
