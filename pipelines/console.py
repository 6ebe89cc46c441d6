"""What a person sees in the terminal: one line a stage while it runs, a table at the end, and what is next."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pipelines.errors import ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.errors import ChurnLabError
    from pipelines.fitting import Column

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that move the cursor, colour, or turn the direction of what follows; not tab and newline."""


class Progress:
    """What a running stage says of itself.

    Parameters
    ----------
    console
        Where it is shown.
    name
        Name of the stage.
    """

    def __init__(self, console: Console, name: str) -> None:
        self._console, self.name = console, name
        self.remark = ""
        self.warnings: list[str] = []

    def __call__(self, text: str, share: float | None = None) -> None:
        """Show what is being done, with the share done (0 to 1) where it is known."""
        self._console.show(self.name, text, share)

    def note(self, remark: str) -> None:
        """Set the remark that stays on the line when the stage has ended."""
        self.remark = remark

    def warn(self, text: str) -> None:
        """Say something that a person should look at; shown below the stage's line."""
        self.warnings.append(text)


class Console:
    """The terminal; without one, plain lines and no control characters.

    Parameters
    ----------
    quiet
        Show errors only.
    """

    def __init__(self, quiet: bool = False) -> None:
        from rich.console import Console as RichConsole

        self.quiet = quiet
        self._out = RichConsole(highlight=False, soft_wrap=True, quiet=quiet)
        self._error = RichConsole(stderr=True, highlight=False, soft_wrap=True)
        self._live = sys.stdout.isatty() and not quiet
        self._shown_at = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[Progress]:
        """Run a stage with its line."""
        progress, started = Progress(self, name), time.monotonic()
        self.show(name, "…")
        yield progress
        self._clear()
        self._out.print(
            f"[green]✓[/] {name:<10}{time.monotonic() - started:>7.1f} s  [dim]{escaped(progress.remark)}[/]"
        )
        for warning in progress.warnings:
            self._out.print(f"  [yellow]![/] {escaped(warning)}")

    def skipped(self, name: str) -> None:
        """Say that nothing changed for a stage."""
        self._out.print(f"[dim]- {name:<10}        unchanged[/]")

    def show(self, name: str, text: str, share: float | None = None) -> None:
        """Overwrite the current line, at most ten times a second."""
        if not self._live or time.monotonic() - self._shown_at < 0.1:
            return
        self._shown_at = time.monotonic()
        bar = "" if share is None else f"{'━' * round(share * 20):<20} {share:4.0%}  "
        width = max(self._out.width - 16 - len(bar), 10)
        sys.stdout.write(f"\r\033[K  {name:<10} {bar}{text[:width]}")
        sys.stdout.flush()

    def _clear(self) -> None:
        if self._live:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()

    def line(self, text: str) -> None:
        """Print a line."""
        self._out.print(escaped(text))

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], texts: Collection[str] = ()
    ) -> None:
        """Print a table; every column is set right but the first and those that hold texts.

        Columns for which the terminal has no room follow in further tables, each led by the first column.
        """
        from pipelines.fitting import fitted

        plain = [[shown_plainly(cell) for cell in row] for row in rows]
        if title:
            self._out.print(f"[bold]{escaped(title)}[/]")
        for chosen in fitted(columns, plain, texts, self._out.width):
            self._out.print()
            self._print_table(columns, plain, texts, chosen)
        self._out.print()

    def _print_table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        texts: Collection[str],
        chosen: Sequence[Column],
    ) -> None:
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False, show_edge=False)
        for each in chosen:
            head = columns[each.place]
            justify: Literal["left", "right"] = "left" if each.place == 0 or head in texts else "right"
            table.add_column(escaped(head), justify=justify, overflow="fold", width=each.width)
        for row in rows:
            table.add_row(*(escaped(row[each.place]) for each in chosen))
        self._out.print(table)

    def verdict(self, title: str, word: str, is_good: bool) -> None:
        """Print a headline with how things stand, by a word, a sign and a colour."""
        sign, style = ("●", "bold green") if is_good else ("✗", "bold red")
        self._out.print(f"[bold]{escaped(title)}[/] [{style}]{sign} {escaped(word)}[/]")

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Print lines of a label and a value; a label is said once."""
        from rich.table import Table

        grid, before = Table.grid(padding=(0, 3, 0, 0)), None
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for label, value in rows:
            grid.add_row("" if label == before else f"  {escaped(label)}", escaped(value))
            before = label
        self._out.print(grid)

    def finding(self, text: str, do: str, is_problem: bool) -> None:
        """Print something that a person should look at, and what to do about it."""
        sign = "[bold red]✗[/]" if is_problem else "[yellow]![/]"
        self._out.print(f"{sign} {escaped(text)}")
        if do:
            self._out.print(f"  → {escaped(do)}")

    def error(self, error: ChurnLabError, stage: str = "") -> None:
        """Say what was given, what is allowed and what to do."""
        self._clear()
        place = f"{stage}: " if stage else ""
        self._error.print(f"[bold red]Error[/] {escaped(ended(place + error.given))}")
        if error.allowed:
            self._error.print(f"  Allowed: {escaped(ended(error.allowed))}")
        if error.do:
            self._error.print(f"  Do:      {escaped(ended(error.do))}")


def many(number: int, things: str) -> str:
    """Say how many things there are.

    >>> many(1, "tables"), many(7043, "rows")
    ('1 table', '7,043 rows')
    """
    return f"{number:,} {things.removesuffix('s') if number == 1 else things}"


def escaped(text: str) -> str:
    r"""Take the meaning off square brackets and control characters, so that data cannot steer the terminal.

    >>> escaped("[red]\x1b[2J\u202egnp.exe\n")
    '\\[red]\\x1b[2J\\u202egnp.exe\n'
    """
    from rich.markup import escape

    return escape(shown_plainly(text))


def shown_plainly(text: str) -> str:
    """Write control characters as Python does."""
    return STEERING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
