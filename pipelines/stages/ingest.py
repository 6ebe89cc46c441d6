"""Read a company's sources into the warehouse."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pipelines.config import Project
from pipelines.console import Progress, many
from pipelines.stage import stage
from pipelines.tracking import Tracking
from pipelines.warehouse.duckdb_file import has_tables

if TYPE_CHECKING:
    from pipelines.identity.joining import Joining

SCHEMA = "loaded"


def _outside(project: Project) -> str:
    """Fingerprint of the source files: names, sizes and times of change; a database is read anew each time."""
    total = hashlib.blake2b(repr((project.data, _decisions(project))).encode(), digest_size=16)
    for source in _sources(project):
        if source.path is None:
            return f"database {uuid4()}"
        root = project.data.root
        place = root / source.path
        files = sorted(root.glob(source.path)) if any(sign in source.path for sign in "*?[") else [place]
        for file in (inner for path in files for inner in (sorted(path.rglob("*")) if path.is_dir() else [path])):
            if file.is_file():
                total.update(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}".encode())
    return total.hexdigest()


def _still_loaded(project: Project, tracking: Tracking, made: dict[str, Any]) -> bool:
    return has_tables(project.home, SCHEMA, made["tables"])


@stage(writes=["loaded"], sections=("data",), outside=_outside, holds=_still_loaded)
def ingest(project: Project, progress: Progress, source: dict[str, Any] | None = None) -> dict[str, Any]:
    """Read the mapped sources into canonical tables, and account for every row."""
    from pipelines.erasure.suppression import LeftOut
    from pipelines.ingest import ingest as read_tables
    from pipelines.ingest import ingest_flat
    from pipelines.warehouse.duckdb_file import warehouse

    joining, left_out = _joining(project), LeftOut.of(project.home)
    with warehouse(project.home) as connection:
        if project.data.flat is not None:
            flat, root = project.data.flat, project.data.root
            ledgers = [ingest_flat(flat, root, connection, SCHEMA, progress=progress, left_out=left_out)]
        else:
            assert project.data.mapping is not None
            mapping, root = project.data.mapping, project.data.root
            ledgers = read_tables(
                mapping, root, connection, SCHEMA, progress=progress, joining=joining, left_out=left_out
            )
    written, rejected = sum(each.written for each in ledgers), sum(each.rejected for each in ledgers)
    tables = sorted({each.table for each in ledgers})
    progress.note(
        f"{many(sum(each.read for each in ledgers), 'rows')} read, {written:,} kept, {many(len(tables), 'tables')}"
    )
    if rejected:
        progress.warn(f"{rejected:,} rows cannot be read; they are listed in {SCHEMA}.rejected")
    if left_out is not None and left_out.rows:
        progress.warn(f"{left_out.rows:,} rows of forgotten customers are still in the sources; they were left out")
    made = {"tables": tables, "ledger": [asdict(each) for each in ledgers], "content": _content(project)}
    # Each load replaces tables that were checked, even by the same rows: it asks for a check of its own.
    made["load"] = uuid4().hex
    if joining is not None:
        _tell_joined(joining.figures, progress)
        made["identity"] = joining.figures
    return made


def _joining(project: Project) -> Joining | None:
    if project.data.identity is None:
        return None
    from pipelines.identity.joining import Joining
    from pipelines.identity.review import review_file

    return Joining(project.data.identity, project.data.root, review_file(project.data.identity, project.home))


def _decisions(project: Project) -> list[tuple[str, str, str]]:
    """What a person has decided; the doubts beside it are this stage's own and change nothing."""
    if project.data.identity is None:
        return []
    from pipelines.identity.review import read_review, review_file

    decided = read_review(review_file(project.data.identity, project.home))
    return [(*pair.ids, pair.decision) for pair in decided]


def _tell_joined(figures: dict[str, Any], progress: Progress) -> None:
    if figures["open"]:
        where = f"answer yes or no in {figures['review']}"
        progress.warn(f"pairs of ids that may be one customer: {figures['open']:,}; {where}")
    for kind, count in figures["shared_by_many"].items():
        progress.warn(f"{count:,} values of {kind} are shared by too many ids to prove anything")


def _sources(project: Project) -> list[Any]:
    if project.data.flat is not None:
        return [project.data.flat]
    assert project.data.mapping is not None
    lists = project.data.identity.sources.values() if project.data.identity else ()
    return [*(source for sources in project.data.mapping.tables.values() for source in sources), *lists]


def _content(project: Project) -> str:
    """Digest of the source files' content, so that later stages run again when a file changed in place."""
    from pipelines.artifacts import digest
    from pipelines.ingest.files import find

    total = hashlib.blake2b(repr(_decisions(project)).encode(), digest_size=16)
    for source in _sources(project):
        if source.path is None:
            total.update(uuid4().bytes)
        else:
            for file in find(source, project.data.root):
                total.update(digest(file).encode())
    return total.hexdigest()
