"""Which files a path of the mapping stands for, and in which format they are."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import ConfigError, DataError
from pipelines.ingest.mapping import Format, Reading
from pipelines.ingest.nearest import nearest, shown

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".tab": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}
_GLOB_MARKS = frozenset("*?[")
_SQLITE_MAGIC = b"SQLite format 3\x00"
_DUCKDB_MAGIC = b"DUCK"


def label(source: Reading) -> str:
    """Short name of a source for ledgers and messages; never an address with a password."""
    if source.url is not None:
        return f"postgres {source.table or 'query'}"
    part = source.table or ("query" if source.query else "") or (source.sheet if source.sheet is not None else "")
    return f"{source.path}{f' [{part}]' if part != '' else ''}"


def find(source: Reading, root: Path) -> list[Path]:
    """Files of a source in order of their names.

    Parameters
    ----------
    source
        With a `path`.
    root
        Folder to which the path is relative.

    Raises
    ------
    DataError
        If nothing is there.
    """
    given = source.path or ""
    if given == "":
        raise ConfigError("The path of a source is empty", allowed="a file, a glob or a folder")
    if _GLOB_MARKS & set(given) and not (root / given).exists():
        return _matching(given, root)
    path = root / given
    if path.is_dir():
        return _inside(path, source)
    if not path.exists():
        raise DataError(f"File '{path}' does not exist", allowed=_neighbours(path), do="correct the path or data.root")
    return [path]


def format_of(source: Reading, files: list[Path]) -> Format:
    """Format of a source: as the mapping says, else from the suffix.

    Raises
    ------
    ConfigError
        If the suffix says nothing or the files differ.
    """
    if source.format is not None:
        return source.format
    if source.url is not None:
        return "postgres"
    formats = {_format_of_file(file) for file in files}
    if len(formats) > 1:
        raise ConfigError(
            f"'{source.path}' holds files of several formats: {shown(sorted(formats))}",
            allowed="one format for each source",
            do="use a glob such as '*.csv' or set format",
        )
    return formats.pop()


def _matching(pattern: str, root: Path) -> list[Path]:
    base = Path(pattern)
    start, relative = (Path(base.anchor), str(base.relative_to(base.anchor))) if base.is_absolute() else (root, pattern)
    files = sorted(path for path in start.glob(relative) if path.is_file())
    if not files:
        raise DataError(f"No file matches '{pattern}' in '{start}'", allowed=_neighbours(start / relative))
    return files


def _inside(folder: Path, source: Reading) -> list[Path]:
    """Find the data files of a folder, however deep; a leading dot or underscore marks what programs keep there."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.name[0] not in "._"
        and (source.format is not None or _suffix(path) in (*_SUFFIXES, ".db"))
    )
    if not files:
        raise DataError(
            f"'{folder}' is a folder without data files",
            allowed=f"a file, or a folder with files that end in {', '.join(_SUFFIXES)}",
            do="name the file itself",
        )
    return files


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else suffixes[-1] if suffixes else ""


def _format_of_file(path: Path) -> Format:
    suffix = _suffix(path)
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    with path.open("rb") as stream:
        start = stream.read(16)
    if start == _SQLITE_MAGIC:
        return "sqlite"
    if start[8:12] == _DUCKDB_MAGIC:
        return "duckdb"
    hint = " An .xls file must be saved as .xlsx first" if suffix == ".xls" else ""
    raise ConfigError(
        f"The format of '{path.name}' is not clear from its name.{hint}",
        allowed="csv, parquet, excel, duckdb, sqlite",
        do="set format beside path",
    )


def _neighbours(path: Path) -> str:
    folder = path.parent
    while not folder.is_dir():
        folder = folder.parent
    names = [each.name for each in folder.iterdir() if not each.name.startswith(".")]
    return f"'{folder}' holds {nearest(path.name, names)}"
