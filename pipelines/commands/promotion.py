"""The commands about who is champion."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from pipelines.errors import NotReady
from pipelines.lock import workspace_lock
from pipelines.registry import CHAMPION, version_of
from pipelines.tracking import model_name, shown

if TYPE_CHECKING:
    from pipelines.promotion.appointment import Appointment, Wish
    from pipelines.promotion.decision import Case, Decision
    from pipelines.runner import Runner


def appoint(runner: Runner, version: str, because: str, *, force: bool, dry_run: bool) -> None:
    """Make a version champion because a person says so, and renew the export."""
    from pipelines.promotion.appointment import Appointment

    _refuse_without_versions(runner)
    appointment = Appointment(runner.project, runner.tracking)
    with _only_writer(runner, "promote", dry_run):
        _carry_out(runner, appointment, appointment.chosen(version, because, force=force), dry_run)


def roll_back(runner: Runner, because: str, *, dry_run: bool) -> None:
    """Make the champion of before champion again, and renew the export."""
    from pipelines.promotion.appointment import Appointment

    _refuse_without_versions(runner)
    appointment = Appointment(runner.project, runner.tracking)
    with _only_writer(runner, "rollback", dry_run):
        _carry_out(runner, appointment, appointment.taken_back(because), dry_run)


def _only_writer(runner: Runner, command: str, dry_run: bool) -> AbstractContextManager[None]:
    """Take the lock of the workspace, unless nothing is written."""
    return nullcontext() if dry_run else workspace_lock(runner.project.home, command, runner.wait_s)


def _refuse_without_versions(runner: Runner) -> None:
    """Refuse where MLflow's store is a file that is not there: looking for versions would make it.

    Raises
    ------
    NotReady
        If it is so.
    """
    if not runner.tracking.is_there:
        raise NotReady(
            f"There is no version of a model: MLflow's store {shown(runner.tracking.uri)} is not there",
            allowed="a project whose line has run to its end once",
            do=f"train one: churnlab run -p {runner.project.name}, or correct tracking.uri or MLFLOW_TRACKING_URI",
        )


def _carry_out(runner: Runner, appointment: Appointment, wish: Wish, dry_run: bool) -> None:
    champion = version_of(runner.tracking, appointment.name, CHAMPION)
    now = "none" if champion is None else f"version {champion.version}"
    if dry_run:
        runner.console.line(f"{appointment.name}: champion is {now}, version {wish.version} would take its place.")
        runner.console.line("Nothing was changed (--dry-run).")
        return
    runner.place("champion", appointment.carry_out(wish))
    runner.alone("export")
    appointment.finish(wish)
    runner.console.line(f"{appointment.name}: version {wish.version} is champion, before it was {now}.")
    runner.console.line(f"Record: {runner.project.home / 'reports' / 'promotions.md'}. The next score uses it.")


def foresee(runner: Runner) -> None:
    """Say what promoting the newest trained model would do and why; nothing is written or registered."""
    _refuse_without_versions(runner)
    case, version = _case(runner)
    from pipelines.promotion.decision import decide

    name = model_name(runner.project)
    champion = version_of(runner.tracking, name, CHAMPION)
    decision = decide(case, version, champion)
    what = f"version {version.version}" if version is not None else "the newest trained model, not registered yet"
    runner.console.line(f"{name}: {what} ({case.material.best}). {_said(decision, champion)}")
    runner.console.line(f"Why: {decision.reason}.")
    _numbers(runner, decision)
    for gate in case.gates:
        if gate["status"] in ("failed", "warned"):
            runner.console.line(f"{gate['code']} {gate['status']} ({gate['severity']}): {gate['found']}")
    runner.console.line("Nothing was changed (--dry-run).")


def _said(decision: Decision, champion: Any | None) -> str:
    now = "There is no champion." if champion is None else f"Champion is version {champion.version}."
    would = {
        "champion": "It would become champion, or stay it.",
        "challenger": "It would stay challenger.",
        "blocked": "It would be registered and blocked.",
    }
    return f"{now} {would[decision.standing]}"


def _numbers(runner: Runner, decision: Decision) -> None:
    from pipelines.promotion.comparison import SAID

    found = {"the recency rule": decision.over_rule, f"version {decision.against}": decision.advantage}
    rows = [
        (who, f"{each.estimate:+.4f}", f"{each.low:+.4f} to {each.high:+.4f}")
        for who, each in found.items()
        if each is not None
    ]
    if rows:
        loss, level = decision.settings.loss, decision.settings.level
        runner.console.table("On the same later customers", ("better than", SAID[loss], f"{level:.0%} interval"), rows)


def _case(runner: Runner) -> tuple[Case, Any | None]:
    """The trained model as a case, and its version where it has one."""
    from pipelines.judging.material import read_material
    from pipelines.promotion.decision import Case
    from pipelines.promotion.entering import entered_before, signature_gates, together
    from pipelines.registry import signature

    project, store = runner.project, runner.store
    names = ("panel", "labels", "calendar", "accepted", "trained")
    material = read_material(project, project.evaluate, *(store.load(name) for name in names))
    judged = store.load("judged")
    would_have = signature(material.record["kinds"]).inputs is not None
    gates = together(judged["gates"], signature_gates(would_have, project.evaluate.gates))
    model = material.folder / material.best
    version = entered_before(runner.tracking, model_name(project), judged["run_id"], model)
    return Case(project, project.promote, runner.tracking, material, store.path("panel"), gates), version
