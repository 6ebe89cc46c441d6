"""The command ``churnlab``: every stage by its name, the whole line, and windows onto the results.

Nothing heavy is imported here, so that ``--help`` answers at once. Commands of one subject are one file.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli import (
    act,
    deliver,
    experiments,
    identity,
    line,
    measures,
    operate,
    outbox,
    promotion,
    quarantine,
    rules,
    schedule,
    signals,
    windows,
)
from pipelines.cli.grouped import Grouped


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"churnlab {version('churnlab')}")
        raise typer.Exit


app = typer.Typer(
    name="churnlab",
    cls=Grouped,
    help="Which customers are about to leave, why, what to do, and whether doing it helped.",
    epilog="First time here: churnlab run. Your own data: churnlab init PATH, docs/guides/your-data.md.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for _several in (line, promotion, act, deliver, operate, windows, measures):
    app.add_typer(_several.app)
_SUBJECTS = {
    "signals": signals,
    "rules": rules,
    "outbox": outbox,
    "experiments": experiments,
    "quarantine": quarantine,
    "identity": identity,
    "schedule": schedule,
}
for _name, _subject in _SUBJECTS.items():
    app.add_typer(_subject.app, name=_name, rich_help_panel=None)


@app.callback()
def _whole(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Which customers are about to leave, why, what to do, and whether doing it helped."""


def main() -> None:
    """Start the command."""
    app()
