"""From paths to a whole proposed project."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from pipelines.errors import ChurnLabError, DataError
from pipelines.ingest.stage import stage
from pipelines.ingest.staging import Staging, staging
from pipelines.propose.churn_lines import label_block
from pipelines.propose.evidence import Looked, look
from pipelines.propose.flat_lines import flat_block, label_column
from pipelines.propose.glossary import is_chinese
from pipelines.propose.places import Place, find_places
from pipelines.propose.proposal import Line, Proposal, Recognised
from pipelines.propose.recognise import Match, recognise, why_not
from pipelines.propose.table_lines import source_block, unit_price

_USUAL_CURRENCY = "CNY"

LeftOut = list[tuple[str, str]]


def propose(paths: list[Path], name: str) -> Proposal:
    """Look at files and propose a project that reads them.

    Parameters
    ----------
    paths
        CSV, Parquet, Excel, DuckDB or SQLite files, or folders of them.
    name
        Name of the project.

    Returns
    -------
    Proposal
        For `render`.

    Raises
    ------
    DataError
        If a path does not exist, or nothing in the files can be used.
    ConfigError
        If a named file is of no known kind.
    """
    root, places, left_out = find_places(paths)
    with duckdb.connect() as connection, staging(connection) as staged:
        looked = _look_all(root, places, left_out, staged)
        matches = {each.place: match for each in looked if (match := recognise(each))}
        labels = {each.place: label for each in looked if (label := label_column(each))}
        events = [place for place, match in matches.items() if match.table.name != "customers"]
        if labels and all(place in labels for place in events):
            return _flat(name, root, looked, left_out)
        found = list(matches.values())
        left_out += [(each.place.label, why_not(each, found)) for each in looked if each.place not in matches]
        if not events:
            raise _nothing_usable(left_out, list(matches))
        return _tables(name, root, found, left_out)


def _look_all(root: Path, places: list[Place], left_out: LeftOut, staged: Staging) -> list[Looked]:
    found = []
    for place in places:
        try:
            found.append(look(place, stage(place.reading, root, staged), staged))
        except ChurnLabError as error:
            if len(places) == 1:
                raise
            left_out.append((place.label, error.given))
    return found


def _nothing_usable(left_out: LeftOut, customers: list[Place]) -> DataError:
    seen = [f"{label}: {why}" for label, why in left_out] + [f"{place.label}: customers only" for place in customers]
    return DataError(
        f"Nothing here can say who leaves ({'; '.join(seen[:3])})",
        allowed="dated orders, contracts or log-ins with a customer on each row, or one row a customer with a label",
        do="add such a file, or write the mapping by hand (docs/guides/your-data.md)",
    )


def _flat(name: str, root: Path, looked: list[Looked], left_out: LeftOut) -> Proposal:
    candidates = [(each, label) for each in looked if (label := label_column(each))]
    chosen, label = max(candidates, key=lambda pair: len(pair[0].columns))
    left_out += [
        (each.place.label, "one flat table is read, and this is not it") for each in looked if each is not chosen
    ]
    block = flat_block(chosen, label)
    data = (Line("root", _shown(root)), Line("flat", block))
    lines = (*_head(name, block, [chosen]), Line("data", data), Line("label", None, "the label is in the file"))
    columns = tuple(each for each in chosen.columns if each != label.name)
    return Proposal(name, lines, (Recognised(chosen.place.label, "flat", chosen.rows, columns),), tuple(left_out))


def _tables(name: str, root: Path, matches: list[Match], left_out: LeftOut) -> Proposal:
    by_table: dict[str, list[Match]] = {}
    for match in sorted(matches, key=lambda each: -each.points):
        same = by_table.setdefault(match.table.name, [])
        if not same or set(match.looked.columns) == set(same[0].looked.columns):
            same.append(match)
        else:
            first = same[0].looked.place.label
            left_out.append((match.looked.place.label, f"looks like {match.table.name} too, which {first} fills"))
    used = [match for same in by_table.values() for match in same]
    left_out += [
        (f"{match.looked.place.label} [{name}]", f"no column says when it was known ({time})")
        for match in used
        for name, time in match.untimed.items()
    ]
    blocks = {table: _source_blocks(same) for table, same in by_table.items()}
    tables = tuple(Line(table, same[0] if len(same) == 1 else same) for table, same in blocks.items())
    data = (Line("root", _shown(root)), Line("mapping", (Line("tables", tables),)))
    sources = tuple(line for same in blocks.values() for block in same for line in block)
    lines = [*_head(name, sources, [match.looked for match in used]), Line("data", data)]
    lines.append(Line("label", label_block(used)))
    if "contracts" not in by_table and "orders" in by_table:
        recency = (Line("recency_column", "orders__days_since_last__ever", "the rule that a model must beat"),)
        lines.append(Line("train", recency))
    return Proposal(name, tuple(lines), tuple(_recognised(match) for match in used), tuple(left_out))


def _source_blocks(same: list[Match]) -> list[tuple[Line, ...]]:
    if len(same) == 1:
        return [source_block(same[0])]
    return [source_block(match, number) for number, match in enumerate(same, start=1)]


def _head(name: str, sources: tuple[Line, ...], looked: list[Looked]) -> list[Line]:
    title = name.replace("_", " ").capitalize()
    given = next((line.value for line in sources if line.key == "currency"), None)
    chinese = is_chinese([column for each in looked for column in each.columns])
    why = "as the amounts say" if given else "the names are Chinese" if chinese else "nothing names the currency"
    return [
        Line("name", name),
        Line("title", {"en": title, "zh": title}),
        Line("currency", given or _USUAL_CURRENCY, why, unsure=not given),
    ]


def _recognised(match: Match) -> Recognised:
    price = unit_price(match) if match.table.name == "orders" else None
    taken = {each.name for each in (*match.columns.values(), *([price] if price else []))} | set(match.untimed)
    unused = tuple(name for name in match.looked.columns if name not in taken)
    return Recognised(match.looked.place.label, match.table.name, match.looked.rows, tuple(match.columns), unused)


def _shown(root: Path) -> str:
    """Relative to the current folder where the person wrote it so."""
    return root.as_posix() if root.is_absolute() else Path(os.path.normpath(root)).as_posix()
