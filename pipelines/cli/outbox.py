"""Commands about how decided actions leave."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Debug, Project, Quiet, Set, Wait, guarded

app = typer.Typer(
    help="How decided actions leave: to CSV files, webhooks and by mail, each once. Alone: how many are where.",
    epilog="Routes and transports: section outbox of the YAML, docs/guides/outbox.md.",
    invoke_without_command=True,
)
Channel = Annotated[str | None, typer.Option("--channel", "-c", help="Only this channel, such as email.")]
Keys = Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Messages, as list and files name them.")]


@app.callback()
def outbox(context: typer.Context, project: Project = "demo", set_: Set = None, debug: Debug = False) -> None:
    """Say how many messages are in which state, by channel, what waits longest, and what went wrong."""
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return

    def work() -> None:
        from pipelines.commands.outbox import show_status

        show_status(project, set_ or [])

    guarded(work, debug)


@app.command()
def send(
    project: Project = "demo",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent where; send nothing.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Attempts at most.")] = None,
    channel: Channel = None,
    on: Annotated[str | None, typer.Option("--on", help="Act as if it were this day, such as 2026-11-02.")] = None,
    set_: Set = None,
    wait: Wait = 0.0,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Send what is due. Exit code 8: not everything left.

    Due is what is planned for today or earlier and not past its last day. What does not arrive is tried again with
    longer and longer waits, for as long as outbox.patience_s; then by the next run. A message that is sent again, even
    after a kill, has the same key.
    """

    def work() -> None:
        from pipelines.commands.outbox import preview, send_messages

        if dry_run:
            preview(project, set_ or [], channel, on, limit)
        else:
            send_messages(project, set_ or [], channel, on, limit, wait, quiet)

    guarded(work, debug)


@app.command("list")
def list_outbox(
    project: Project = "demo",
    state: Annotated[
        str | None, typer.Option("--state", "-s", help="planned, sent, delivered, failed or expired.")
    ] = None,
    channel: Channel = None,
    most: Annotated[int, typer.Option(help="Messages to show.", min=1)] = 50,
    debug: Debug = False,
) -> None:
    """List messages, and what went wrong."""

    def work() -> None:
        from pipelines.commands.outbox import list_messages

        list_messages(project, state, channel, most)

    guarded(work, debug)


@app.command()
def retry(
    keys: Keys = None,
    project: Project = "demo",
    channel: Channel = None,
    wait: Wait = 0.0,
    debug: Debug = False,
) -> None:
    """Plan failed messages again, those named or all.

    The next run sends them unless their last day is over. A mail that "may have been sent" is in doubt: look at the
    server's log before, or the customer may get it twice.
    """

    def work() -> None:
        from pipelines.commands.outbox import retry_messages

        retry_messages(project, keys or [], channel, wait)

    guarded(work, debug)


@app.command()
def confirm(
    what: Annotated[list[str], typer.Argument(metavar="FILE|KEY...", help="CSV files with a column key, or keys.")],
    project: Project = "demo",
    failed: Annotated[bool, typer.Option("--failed", help="They did not arrive, such as mail that bounced.")] = False,
    wait: Wait = 0.0,
    debug: Debug = False,
) -> None:
    """Say that messages arrived: give back files, or keys."""

    def work() -> None:
        from pipelines.commands.outbox import confirm_messages

        confirm_messages(project, what, failed, wait)

    guarded(work, debug)


def _refuse_options_before(context: typer.Context) -> None:
    """Refuse options of the status in front of another command, which would not see them."""
    typed = [name for name in context.params if str(context.get_parameter_source(name)).endswith("COMMANDLINE")]
    if typed:
        name = context.invoked_subcommand
        raise typer.BadParameter(f"options stand behind the command: churnlab outbox {name} -p NAME")
