"""Options that many commands share, and what becomes of a mistake."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

Project = Annotated[str, typer.Option("--project", "-p", help="Name of a file in conf/, or path of a YAML file.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Change a setting, such as train.trials=50; may repeat.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", help="Run even if nothing has changed.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Instant to score at, such as 2026-10-01.")]

Wait = Annotated[
    float, typer.Option("--wait", min=0, metavar="SECONDS", help="Wait so long for another command that writes.")
]


def guarded(work: Callable[[], Any], debug: bool) -> None:
    """Turn a user's mistake into three lines and an exit code."""
    from pipelines.errors import ChurnLabError, refusal

    try:
        work()
    except KeyboardInterrupt:
        print("Stopped; earlier results are untouched.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        said = error if isinstance(error, ChurnLabError) else refusal(error)
        if debug or said is None:
            raise
        from pipelines.console import Console

        Console().error(said)
        sys.exit(said.exit_code)
