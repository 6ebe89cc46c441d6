"""Commands about who is champion: by comparison, by a person's choice, and back again."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, Quiet, Set, Wait, guarded

app = typer.Typer()
Because = Annotated[str, typer.Option("--because", help="The reason, which is kept with the version.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and why; change nothing.")]
To = Annotated[str | None, typer.Option("--to", help="Make this version champion because you say so.")]
Force = Annotated[
    bool, typer.Option("--force", help="Run even if nothing has changed; with --to: even if a gate forbids it.")
]


@app.command()
def promote(
    project: Project = "demo",
    to: To = None,
    because: Because = "",
    dry_run: DryRun = False,
    set_: Set = None,
    force: Force = False,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Let the new model challenge the champion, or choose a version yourself: --to VERSION --because TEXT."""

    def work() -> None:
        from pipelines.commands import promotion
        from pipelines.commands.line import run_stage, runner_of

        settings = set_ or []
        if to is None and not dry_run:
            run_stage("promote", project, settings, force, quiet, wait_s=wait)
            return
        runner = runner_of(project, settings, False, quiet, wait)
        if to is None:
            promotion.foresee(runner)
        else:
            promotion.appoint(runner, to, because, force=force, dry_run=dry_run)

    guarded(work, debug)


@app.command()
def rollback(
    project: Project = "demo",
    because: Because = "",
    dry_run: DryRun = False,
    set_: Set = None,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make the champion of before champion again, and renew the export; the next score uses it."""

    def work() -> None:
        from pipelines.commands import promotion
        from pipelines.commands.line import runner_of

        promotion.roll_back(runner_of(project, set_ or [], False, quiet, wait), because, dry_run=dry_run)

    guarded(work, debug)
