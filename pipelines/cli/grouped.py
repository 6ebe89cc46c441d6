"""The list of commands, in groups by what people want."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

GROUPS = {
    "Run the line": ("run", "score"),
    "Look": ("risks", "dashboard", "report", "measures", "signals", "ui"),
    "Act": ("rules", "act", "alerts", "outbox", "deliver"),
    "Find out whether acting helps": ("experiments",),
    "Operate": ("job", "status", "schedule", "promote", "rollback", "forget"),
    "Your own data": ("init", "identity", "quarantine"),
    "Stages of the line, each by itself": (
        "simulate",
        "ingest",
        "validate",
        "label",
        "features",
        "train",
        "evaluate",
        "export",
        "mart",
    ),
}
OTHERS = "Other commands"


class Grouped(TyperGroup):
    """A command whose subcommands are listed in groups, each with the whole of its first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the groups; what belongs to none comes last."""
        told = {name: command for name, command in self.commands.items() if not command.hidden}
        grouped = {name for names in GROUPS.values() for name in names}
        widest = max(map(len, told))
        for title, names in {**GROUPS, OTHERS: tuple(sorted(told.keys() - grouped))}.items():
            # Ends of lines stand under each other over all groups.
            rows = [(name.ljust(widest), told[name].get_short_help_str(limit=1000)) for name in names if name in told]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
