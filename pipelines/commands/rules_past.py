"""The command that proves rules by their examples and tries them on the past."""

from __future__ import annotations

from collections.abc import Mapping

from evaluation.action.rule_backtest import (
    FEW_ALERTS,
    AlertRecord,
    Warned,
    alerts_a_week,
    compare_warnings,
    record_alerts,
    threshold_for,
)
from evaluation.model.bootstrap import Interval
from features.signal import SignalColumn
from pipelines.actions.past import Past
from pipelines.actions.proven import keep_lifts
from pipelines.actions.rule import Rule
from pipelines.actions.rule_proof import prove_rules
from pipelines.artifacts import Store
from pipelines.commands.rules import find_rules, rules_of
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, DataError, NotReady

RHYTHMS = {"usage": "use_silent_for_industry", "orders": "orders_silent_for_industry"}
"""Prefix of the signals of what can fall silent, and the rule with the fixed days."""
CURVE_SHARES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Parts of all alerts that the loosest threshold would give, at which the curve of a rule is told."""
TOO_FEW = "too few to say"


def try_rules(project_name: str, names: list[str], weekly: float | None, compare: bool) -> None:
    """Prove examples, then print what the alerts of the past were worth.

    Raises
    ------
    ConfigError
        If a rule does not exist.
    DataError
        If a rule does not do what its example says.
    NotReady
        If there is no panel to try them on.
    """
    project, console = load_project(project_name), Console()
    rules, known = rules_of(project)
    chosen = find_rules(rules, names)
    _prove(chosen, known, console)
    past = _past(project)
    able = {
        name: rule
        for name, rule in chosen.items()
        if rule.definition.audience == "customers" and past.has(rule.signals)
    }
    _say_left_out(chosen, able, console)
    if compare:
        assert project.label is not None
        _print_rhythms(past, rules, weekly, project.label.horizon_days, console)
        return
    if weekly is not None:
        _print_thresholds(past, able, weekly, console)
        return
    keep_lifts(project.home, able, _print_records(past, able, console))
    if len(able) == 1:
        _print_curve(past, next(iter(able.values())), console)


def _prove(rules: Mapping[str, Rule], known: Mapping[str, SignalColumn], console: Console) -> None:
    import ibis

    proofs = prove_rules(ibis.duckdb.connect(), rules.values(), known)
    wrong = [proof for proof in proofs if not proof.holds]
    for proof in wrong:
        did = "fires" if proof.fired else "is quiet"
        console.line(f"{rules[proof.rule].where}: {proof.rule}: example {proof.position}: the rule {did}")
    if wrong:
        raise DataError(f"{len(wrong)} of {len(proofs)} examples do not hold", do="mend the rule or its example")
    console.line(f"{len(proofs)} examples of {len(rules)} rules hold.")


def _past(project: Project) -> Past:
    if project.is_flat:
        raise ConfigError("A flat table has no time, so that no rule can be tried on it", allowed="tables with times")
    store = Store(project.home / "artifacts")
    if not store.exists("panel") or not store.exists("labels"):
        raise NotReady("There is no panel to try rules on", do=f"run: churnlab features -p {project.name}")
    return Past.of(store.load("panel"), store.load("labels"))


def _say_left_out(chosen: Mapping[str, Rule], able: Mapping[str, Rule], console: Console) -> None:
    left_out = [name for name in chosen if name not in able]
    if left_out:
        console.line(f"Not tried, as the panel lacks their signals or their customers: {', '.join(left_out)}.")


def _print_records(past: Past, rules: Mapping[str, Rule], console: Console) -> dict[str, AlertRecord]:
    fired = past.fired(rules)
    records = {name: _record(past, rule, fired[name]) for name, rule in rules.items()}
    best = sorted(records.items(), key=lambda item: -item[1].precision.low if item[1].is_enough else 1)
    rate = past.outcomes.base_rate
    title = f"Of all customers {rate:.1%} left in the outcome window, at {past.outcomes.cutoffs} past cutoffs"
    heads = ("rule", "alerts", "a week", "left", "lift", "leavers found", "days before")
    console.table(title, heads, [_cells(name, record) for name, record in best])
    console.line(
        "left: share of the alerts whose customer left in the outcome window, with its 95 % interval. lift: times the "
        "share of all customers. a week: when the rule is asked weekly, with one alert a customer in its cool-down. "
        "days before: median days from the first alert that lasted to the end. churnlab act ranks alerts by the lifts."
    )
    return records


def _record(past: Past, rule: Rule, fired: object) -> AlertRecord:
    return record_alerts(past.outcomes, fired, rule.definition.cooldown_days)  # type: ignore[arg-type]


def _cells(name: str, record: AlertRecord) -> tuple[str, ...]:
    alerts = (name, f"{record.alerts:,}", f"{record.alerts_a_week:,.1f}")
    if not record.is_enough:
        return (*alerts, f"{TOO_FEW} (under {FEW_ALERTS})", "", _share(record.recall), "")
    days = "" if record.lead_days != record.lead_days else f"{record.lead_days:.0f}"
    return (*alerts, _share(record.precision), f"{record.lift:.1f}", _share(record.recall), days)


def _share(interval: Interval) -> str:
    if interval.estimate != interval.estimate:
        return ""
    return f"{interval.estimate:.1%} ({100 * interval.low:.0f}-{100 * interval.high:.0f})"


def _print_thresholds(past: Past, rules: Mapping[str, Rule], weekly: float, console: Console) -> None:
    rows = [_threshold_cells(past, rule, weekly) for rule in rules.values() if rule.tunable is not None]
    heads = ("rule", "now", "threshold", "alerts", "a week", "left", "lift", "leavers found", "days before")
    console.table(f"Thresholds for at most {weekly:g} alerts a week", heads, rows)
    console.line(
        "Chosen by the number of alerts alone, for all industries alike. "
        "Who left played no part in it, so that the shares are honest."
    )


def _threshold_cells(past: Past, rule: Rule, weekly: float) -> tuple[str, ...]:
    assert rule.tunable is not None
    chosen = threshold_for(
        past.candidates(rule),
        weekly,
        past.outcomes.cutoffs,
        rule.definition.cooldown_days,
        fires_above=rule.tunable.fires_above,
    )
    now = f"{rule.definition.threshold:g}"
    if chosen is None:
        return rule.name, now, "none is strict enough", *[""] * 6
    name, *cells = _cells(rule.name, _record(past, rule, past.fired_at(rule, [chosen])[0]))
    return name, now, f"{chosen:.4g}", *cells


def _print_curve(past: Past, rule: Rule, console: Console) -> None:
    """Tell what other thresholds would have given."""
    if rule.tunable is None:
        return
    import numpy as np

    values = past.candidates(rule)
    values = np.sort(values[np.isfinite(values)])
    if not values.size:
        return
    ordered = values[::-1] if rule.tunable.fires_above else values
    places = [min(int(share * values.size), values.size - 1) for share in CURVE_SHARES]
    thresholds = list(dict.fromkeys(float(ordered[place]) for place in places))
    fired = past.fired_at(rule, thresholds)
    rows = [
        _cells(f"{threshold:.4g}", _record(past, rule, each)) for threshold, each in zip(thresholds, fired, strict=True)
    ]
    heads = ("threshold", "alerts", "a week", "left", "lift", "leavers found", "days before")
    console.table(f"Other thresholds of {rule.name}, strictest first", heads, rows)


def _print_rhythms(
    past: Past, rules: Mapping[str, Rule], weekly: float | None, most_days: int, console: Console
) -> None:
    rows = []
    for prefix, rule in RHYTHMS.items():
        names = (f"{prefix}__silence_over_limit__ever", f"{prefix}__silence_over_own_limit__ever")
        if past.has(names):
            fixed, own = (past.values(name) for name in names)
            cooldown_days = rules[rule].definition.cooldown_days
            every_check = alerts_a_week(1, past.outcomes.cutoffs, cooldown_days)
            alerts = int((fixed >= 0).sum()) if weekly is None else int(weekly / every_check)
            rows.append(_rhythm_cells(prefix, compare_warnings(past.outcomes, fixed, own, alerts, most_days=most_days)))
    heads = ("silence of", "alerts fixed / own", "leavers warned", "days of warning", "own less fixed", "verdict")
    console.table(
        "Silence: the industry's fixed days against the customer's own rhythm, equally many alerts", heads, rows
    )
    console.line(
        f"Days of warning: mean over all leavers, 0 for one who was missed, {most_days} for one warned earlier still; "
        "95 % interval over leavers."
    )


def _rhythm_cells(what: str, warned: Warned) -> tuple[str, ...]:
    gained = warned.difference
    verdict = (
        "own rhythm warns earlier"
        if gained.low > 0
        else "fixed days warn earlier"
        if gained.high < 0
        else "no difference shown"
    )
    return (
        what,
        f"{warned.alerts[0]:,} / {warned.alerts[1]:,}",
        f"{warned.found[0]:.1%} / {warned.found[1]:.1%} of {warned.leavers:,}",
        f"{warned.mean_days[0]:.1f} / {warned.mean_days[1]:.1f}",
        f"{gained.estimate:+.1f} ({gained.low:+.1f} to {gained.high:+.1f})",
        verdict,
    )
