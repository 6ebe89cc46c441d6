"""The command of an export: check the folder, read signals or tables, write scores."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ChurnLabError, ConfigError, DataError, refusal
from pipelines.exported.manifest import read_export

if TYPE_CHECKING:
    import pandas as pd

OWN_SIGNALS = "signals"
FIRST_YEAR = 1900
"""Signals look years back, which must be dates too."""
ENDINGS = (".parquet", ".csv")


def main(folder: Path, arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code.

    Parameters
    ----------
    folder
        The export.
    arguments
        What was typed; the process's own by default.

    Returns
    -------
    int
        0, or the code of the error, whose three parts went to the standard error.
    """
    from training.errors import MissingLibrary, TrainingError

    options = parser().parse_args(arguments)
    try:
        said = score(folder, options)
    except MissingLibrary as error:
        lock = "the libraries of requirements.lock beside this command"
        return _tell(ConfigError(error.given, allowed=lock, do="install them as README.md says"))
    except TrainingError as error:
        return _tell(DataError(error.given, allowed=error.allowed, do=error.action))
    except ChurnLabError as error:
        return _tell(error)
    except Exception as error:
        problem = refusal(error)
        if problem is None:
            raise
        return _tell(problem)
    print(said)
    return 0


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    made = argparse.ArgumentParser(
        prog="score.py", description="Score customers with this export.", epilog="README.md beside it says more."
    )
    source = made.add_mutually_exclusive_group(required=True)
    source.add_argument("--signals", type=Path, metavar="FILE", help="ready signals: .parquet or .csv")
    source.add_argument(
        "--tables", type=Path, metavar="PLACE", help="canonical tables: a folder of .parquet or .csv, or a .duckdb file"
    )
    made.add_argument("--as-of", metavar="DATE", help="instant to score at, such as 2026-10-01, in UTC")
    made.add_argument("--output", type=Path, required=True, metavar="FILE", help="scores: .parquet or .csv")
    made.add_argument("--project", metavar="NAME", help="refuse a model that belongs to another project")
    return made


def score(folder: Path, options: argparse.Namespace) -> str:
    """Check the export, score, write, and say what was done.

    Raises
    ------
    ChurnLabError
        If the export, what is typed or what is read is not right; nothing is written then.
    """
    manifest = read_export(folder, options.project)
    as_of = None if options.as_of is None else instant(options.as_of)
    _check_output(options.output)
    from pipelines.exported.model import Exported
    from pipelines.exported.spool import Spool

    exported = Exported.read(folder, manifest)
    with tempfile.TemporaryDirectory(prefix="churn-") as scratch, closing(Spool(Path(scratch))) as spool:
        for batch in _batches(folder, manifest, options, as_of, Path(scratch)):
            spool.add(exported.scored(batch))
        if not spool.rows:
            raise DataError("There is nobody to score", do="check the rows that were given, and --as-of")
        customers = spool.write(options.output, str(manifest["version"]), exported.valid_for)
    return f"{customers:,} customers scored by {manifest['model']} version {manifest['version']}: {options.output}"


def instant(text: str, option: str = "--as-of") -> datetime:
    """Read what an option got as an instant, in UTC where it has no zone.

    Raises
    ------
    ConfigError
        If it is none.

    >>> instant("2026-10-01T02:00:00+02:00")
    datetime.datetime(2026, 10, 1, 0, 0)
    """
    try:
        given = datetime.fromisoformat(text)
        found = given if given.tzinfo is None else given.astimezone(UTC).replace(tzinfo=None)
        if found.year < FIRST_YEAR:
            raise ValueError(found)
        return found
    except (ValueError, OverflowError) as error:
        allowed = "a date such as 2026-10-01, or an instant such as 2026-10-01T06:00, in UTC or with a zone: +08:00"
        raise ConfigError(f"{option} {text!r} is no date", allowed=allowed, do="write it so") from error


def _batches(
    folder: Path, manifest: dict[str, Any], options: argparse.Namespace, as_of: datetime | None, scratch: Path
) -> Iterator[pd.DataFrame]:
    from features.signal import columns_of, discover

    if options.signals is not None:
        from pipelines.exported.signal_files import signal_batches

        others = () if manifest["flat"] else columns_of(discover(own_signals(folder)).values())
        yield from signal_batches(options.signals, manifest, as_of, others)
        return
    if manifest["flat"]:
        raise ConfigError("This model learnt from one flat table", allowed="--signals FILE", do="give its columns")
    if as_of is None:
        raise ConfigError("--tables needs the instant to score at", allowed="--as-of DATE", do="add --as-of")
    from pipelines.exported.table_files import table_batches

    known = columns_of(discover(own_signals(folder)).values())
    yield from table_batches(options.tables, manifest, known, as_of, scratch)


def own_signals(folder: Path) -> list[Path]:
    """Folders of the project's own signals that an export carries."""
    return sorted(each for each in (folder / OWN_SIGNALS).glob("*") if each.is_dir())


def _check_output(output: Path) -> None:
    if output.suffix.lower() not in ENDINGS:
        raise ConfigError(f"--output {output} has no known ending", allowed=" or ".join(ENDINGS), do="name it so")
    if not output.parent.is_dir():
        raise ConfigError(
            f"{output.parent} is no folder", allowed="a folder that is there", do="make it, or correct it"
        )


def _tell(error: ChurnLabError) -> int:
    parts = {"Error:": error.given, "  Allowed:": error.allowed, "  Do:     ": error.do}
    print("\n".join(f"{word} {text.rstrip('.')}." for word, text in parts.items() if text), file=sys.stderr)
    return error.exit_code
