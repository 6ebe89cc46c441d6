"""The commands of experiments on customers: list, design, assign, measure, show."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pipelines.act_books import ActBooks
from pipelines.actions.arms import on_playbook
from pipelines.config import Project, load_project
from pipelines.config_experiments import ExperimentPlan
from pipelines.console import Console
from pipelines.errors import ConfigError, NotReady
from pipelines.ingest.nearest import nearest
from pipelines.lock import workspace_lock
from pipelines.warehouse import experiments as ledger
from pipelines.warehouse.duckdb_file import warehouse

if TYPE_CHECKING:
    import pandas as pd

MOST_DIFFERENCES = 3


def find_plan(books: ActBooks, name: str) -> ExperimentPlan:
    """Give the plan of an experiment, a planned one or a playbook's own.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in books.plans:
        raise ConfigError(
            f"There is no experiment '{name}'",
            allowed=nearest(name, books.plans) if books.plans else "none: experiments.plans is empty",
            do="churnlab experiments list, or add it to experiments.plans (docs/guides/experiments-on-customers.md)",
        )
    return books.plans[name]


def list_experiments(project_name: str, language: str) -> None:
    """Print every experiment with its customers and what was decided; of playbooks' own, those with a customer."""
    from pipelines.actions.experiments_words import DECISIONS

    project = load_project(project_name)
    plans = ActBooks.of(project).plans
    with warehouse(project.home, read_only=True) as connection:
        assigned = ledger.rows_of(connection, ledger.ASSIGNMENTS)["experiment"].value_counts()
        decided = {row["experiment"]: row for row in ledger.rows_of(connection, ledger.DECISIONS).to_dict("records")}
    rows = []
    for name, plan in plans.items():
        if plan.is_standing and name not in assigned:
            continue
        known = decided.get(name)
        decision = DECISIONS[known["decision"]][_checked(language)] if known else "–"
        measured = f"{known['measured']:,}" if known else "0"
        end = "when clear" if plan.is_standing else f"at {plan.size:,} customers" if plan.size else f"{plan.ends_on}"
        rows.append((name, plan.playbook, f"{assigned.get(name, 0):,}", measured, end, decision))
    if not rows:
        print("No experiments yet: churnlab act begins one for each playbook that it uses, experiments.plans more.")
        return
    heads = ("name", "playbook", "assigned", "measured", "ends", "decision")
    Console().table("Experiments", heads, rows, ("playbook", "decision"))


def review_experiments(project_name: str, language: str) -> None:
    """Print the strategies of each month with their return and what to do, and each month's sum."""
    from evaluation.action.roi import monthly_returns
    from pipelines.actions.experiments_words import DECISIONS

    tongue = _checked(language)
    project = load_project(project_name)
    with warehouse(project.home, read_only=True) as connection:
        decided = ledger.rows_of(connection, ledger.DECISIONS)
    if decided.empty:
        raise NotReady("Nothing was measured yet", do="churnlab experiments measure NAME")
    decided["benefit"] = decided[["margin_kept", "acquisition_avoided", "referrals"]].sum(axis=1, min_count=1)
    decided["cost"] = decided[["variable_cost", "fixed_cost"]].sum(axis=1, min_count=1)
    console, heads = Console(), _REVIEW_HEADS[tongue]
    rows = [
        (row["month"], row["playbook"], *_money(row), DECISIONS[row["decision"]][tongue])
        for row in decided.sort_values(["month", "playbook"]).to_dict("records")
    ]
    console.table(heads[0], heads[1:], rows, (heads[2], heads[-1]))
    by_month = monthly_returns(decided.rename(columns={"playbook": "strategy"}))
    for row in by_month.to_dict("records"):
        console.line("  ".join([row["month"], *(cell for cell in _money(row) if cell)]))


def _money(row: dict[Any, Any]) -> tuple[str, str, str]:
    """Say benefit, cost and return; empty where they are not known."""
    styles = {"benefit": "{:,.0f}", "cost": "{:,.0f}", "roi": "{:+.0%}"}
    told = ["" if row[name] != row[name] else style.format(row[name]) for name, style in styles.items()]
    return told[0], told[1], told[2]


def design_experiment(project_name: str, name: str, weekly: float | None) -> None:
    """Print how many customers an experiment needs, what it can show, and how long it takes."""
    from evaluation.action.design import Design, detectable_effect, duration_days, power, sample_size
    from pipelines.actions.experiments import eligible

    project = load_project(project_name)
    books = ActBooks.of(project)
    plan = find_plan(books, name)
    with warehouse(project.home, read_only=True) as connection:
        people = eligible(connection, name, plan, project.experiments.hold_out_share, _others(books, name))
    _need_scores(people, plan)
    risk = people["probability"].to_numpy(dtype=float)
    # Of calibrated probabilities: the share of the variance of leaving that they explain.
    explained = float(risk.var() / (risk.mean() * (1 - risk.mean())))
    design = Design(control_rate=float(risk.mean()), control_share=plan.control_share, explained=explained)
    if plan.smallest_effect >= design.control_rate:
        raise ConfigError(
            f"smallest_effect {plan.smallest_effect} is no less than the {design.control_rate:.1%} who would leave",
            do=f"set experiments.plans.{name}.smallest_effect lower",
        )
    wanted = sample_size(design, -plan.smallest_effect)
    now = min(len(people), plan.size or len(people))
    shown = detectable_effect(design, now)
    rows = [
        ("customers it is for today", f"{len(people):,}"),
        ("of whom would leave", f"{design.control_rate:.1%}"),
        ("held back", f"{plan.control_share:.0%}"),
        ("customers that the score saves", f"{explained:.0%}"),
        (f"customers to find {plan.smallest_effect:.1%} fewer leavers", f"{wanted:,}"),
        (f"chance to find it with {now:,}", f"{power(design, -plan.smallest_effect, now):.0%}"),
        (f"smallest effect that {now:,} show", f"{-shown:.1%}" if shown == shown else "none"),
    ]
    if weekly is not None:
        rows.append((f"days at {weekly:g} customers a week", f"{duration_days(wanted, weekly, plan.window_days):,}"))
    Console().table(f"Design of {name}", ("", ""), rows)


def assign_experiment(project_name: str, name: str) -> None:
    """Give today's customers of an experiment their arm, and write it down."""
    from pipelines.actions.experiments import assign_customers, eligible

    project = load_project(project_name)
    books = ActBooks.of(project)
    plan = find_plan(books, name)
    if name in books.playbooks:
        raise ConfigError(
            f"'{name}' is the experiment of a playbook, whose customers get their arm when they are chosen",
            do=f"churnlab act -p {project.name}, or plan an experiment of your own in experiments.plans",
        )
    with workspace_lock(project.home, "experiments assign"), warehouse(project.home) as connection:
        people = eligible(connection, name, plan, project.experiments.hold_out_share, _others(books, name))
        _need_scores(people, plan)
        found = assign_customers(connection, name, plan, people)
    new = found[found["is_new"]]
    counts = new["arm"].value_counts()
    print(
        f"{len(new):,} new customers: {counts.get('treated', 0):,} treated, {counts.get('control', 0):,} left alone; "
        f"{len(found) - len(new):,} were in already."
    )


def _others(books: ActBooks, name: str) -> list[str]:
    """Give the other experiments on the playbook of one."""
    return [other for other in on_playbook(books.plans, books.plans[name].playbook) if other != name]


def write_results(
    connection: Any, project: Project, name: str, plan: ExperimentPlan, made: pd.DataFrame, today: datetime
) -> None:
    """Write outcomes of an experiment and what they show."""
    from pipelines.actions.experiments_results import results

    shown = results(project, name, plan, ledger.rows_of(connection, ledger.ASSIGNMENTS, name), made, today)
    tables = {ledger.OUTCOMES: made}
    if shown is not None:
        tables |= {ledger.EFFECTS: shown.effects, ledger.BALANCE: shown.balance, ledger.DECISIONS: shown.decision}
    ledger.replace(connection, name, {table: _complete(table, rows) for table, rows in tables.items()})


def show_experiment(project_name: str, name: str, language: str) -> None:
    """Print what an experiment shows."""
    from pipelines.actions.experiments_words import DECISIONS

    tongue = _checked(language)
    project = load_project(project_name)
    plan = find_plan(ActBooks.of(project), name)
    with warehouse(project.home, read_only=True) as connection:
        effects, balance, decisions = (
            ledger.rows_of(connection, table, name) for table in (ledger.EFFECTS, ledger.BALANCE, ledger.DECISIONS)
        )
    if decisions.empty:
        raise NotReady(f"Nothing is known of '{name}' yet", do=f"churnlab experiments measure {name}")
    decision = decisions.iloc[0]
    console = Console()
    colon = "：" if tongue == "zh" else ": "
    console.line(f"{plan.title.get(tongue) or name}{colon}{DECISIONS[decision['decision']][tongue]}")
    console.line(str(decision[f"reason_{tongue}"]))
    rows = [_effect_row(row, tongue) for row in effects.to_dict("records")]
    console.table(_HEADS[tongue][0], _HEADS[tongue][1:], rows, _HEADS[tongue][6:])
    for row in balance.head(MOST_DIFFERENCES).to_dict("records"):
        mark = _UNLIKE[tongue] if row["is_large"] else ""
        console.line(f"  {row['name']} {row['value']}: {row['difference']:+.2f} σ {mark}".rstrip())


def _effect_row(row: dict[Any, Any], tongue: str) -> tuple[str, ...]:
    """Say one effect: of what, on how many, how much, how surely."""
    from pipelines.actions.experiments_words import MEASURES, VERDICTS

    style = "{:+,.2f}" if row["measure"] == "revenue" else "{:+.1%}"
    estimate, low, high = (
        "" if row[name] != row[name] else style.format(row[name]) for name in ("estimate", "low", "high")
    )
    segment = "" if row["segment"] == "all" else f" · {row['segment']}"
    between = f"{low} … {high}" if estimate else ""
    counts = (f"{row['treated']:,}", f"{row['control']:,}")
    return (MEASURES[row["measure"]][tongue] + segment, *counts, estimate, between, VERDICTS[row["verdict"]][tongue])


_HEADS = {
    "en": ("Effect of treatment", "on", "treated", "control", "effect", "95 %", "verdict"),
    "zh": ("干预的效果", "指标", "干预组", "对照组", "效果", "95% 区间", "结论"),
}
_REVIEW_HEADS = {
    "en": ("Strategies", "month", "playbook", "kept", "cost", "return", "decision"),
    "zh": ("策略", "月份", "策略", "保住金额", "成本", "回报率", "决定"),
}
_UNLIKE = {"en": "arms are not alike", "zh": "两组不相似"}


def _complete(table: ledger.ExperimentTable, rows: pd.DataFrame) -> pd.DataFrame:
    """Give all columns of a table, those that nobody filled empty."""
    return rows.reindex(columns=list(table.columns))


def _need_scores(people: pd.DataFrame, plan: ExperimentPlan) -> None:
    if people.empty:
        raise NotReady(
            f"No current score lies in the bands {', '.join(plan.bands)}", do="churnlab score, or name other bands"
        )


def _checked(language: str) -> Literal["en", "zh"]:
    match language:
        case "en" | "zh":
            return language
    raise ConfigError(f"There is no language '{language}'", allowed="en, zh", do="use -l en or -l zh")
