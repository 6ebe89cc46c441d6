"""A customer forgotten: out of every table, file and run of a project, kept out of later loads, with a receipt.

Every step can be done again. The warehouse comes last, because it knows which ids of other systems belong to the
customer: after a kill the same command goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.config import Project
from pipelines.config_deliver import DestinationSettings
from pipelines.erasure import destinations, suppression, tables
from pipelines.erasure.files import erase_from_file
from pipelines.erasure.runs import erase_from_runs, folders_of_runs
from pipelines.erasure.subject import Subject, is_id_column
from pipelines.erasure.trace import closed_files, traces_in
from pipelines.errors import Incomplete
from pipelines.lock import workspace_lock
from pipelines.records import read_record
from pipelines.runner import Runner
from pipelines.warehouse.duckdb_file import FILE as WAREHOUSE

LEFT = re.compile(r"\.(erasing\..*|ingest-.*|.+\.\d+(\.\w+)?)|.+\.duckdb\.tmp")
"""Names of what commands write beside the place where it belongs, and of what DuckDB puts aside."""
PENDING = "pending"
FINISHED = "receipt"


@dataclass
class Receipt:
    """What was erased; it holds no id.

    Parameters
    ----------
    number
        Of the receipt.
    subject
        Keyed hashes of the ids, by which the project's owner can prove whom it is about.
    asked_at, finished_at
        UTC, ISO 8601.
    places
        Rows, records and names that went, by place.
    unchanged_stages
        Stages that need not run again for the erasure.
    looked_into
        What the check afterwards looked for.
    not_looked_into
        Files of kinds that are not read, and places out of reach.
    sources
        Where the data came from; they are the owner's to change.
    """

    number: str
    subject: list[str]
    asked_at: str
    finished_at: str = ""
    places: dict[str, int] = field(default_factory=dict)
    unchanged_stages: list[str] = field(default_factory=list)
    looked_into: str = ""
    not_looked_into: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Rows, records and names that went."""
        return sum(self.places.values())


@dataclass
class Erasure:
    """A customer's erasure from a project.

    Parameters
    ----------
    runner
        Of the project.
    customer
        The customer's id, or one of another system as ``system:id``.
    """

    runner: Runner
    customer: str

    @property
    def project(self) -> Project:
        """The project."""
        return self.runner.project

    @property
    def folder(self) -> Path:
        """Where receipts, hashes and the record of an unfinished erasure are."""
        return self.project.home / suppression.FOLDER

    def counted(self) -> dict[str, int]:
        """Count what would go, by place; change nothing."""
        subject = Subject(tables.related_ids(self.project.home, self.customer))
        places: dict[str, int] = {}
        for file in self._files():
            _add(places, {self._said(file): erase_from_file(file, subject, counts_only=True)})
        for file in self._databases():
            _add(places, self._told(file, tables.look(file, subject)))
        for several, held in self._destinations():
            _add(places, destinations.erase(several, held, subject, counts_only=True))
        logged = erase_from_runs(self.runner.tracking, self.project.name, subject, counts_only=True)
        _add(places, {"files of MLflow runs": logged.files, "tags of MLflow runs": logged.tags})
        return places

    def run(self, wait_s: float = 0.0) -> Receipt:
        """Erase the customer, check that no trace is left, and leave a receipt.

        Raises
        ------
        Busy
            If another command writes to the workspace.
        ConnectionFailed
            If a file, the warehouse or MLflow cannot be read or written; the same command goes on later.
        Incomplete
            If a trace is left; the places are named.
        """
        with workspace_lock(self.project.home, "forget", wait_s):
            self._sweep()
            subject = Subject(tables.related_ids(self.project.home, self.customer))
            receipt = self._begun(subject)
            suppression.keep_out(self.project.home, subject.ids)
            self._erase(subject, receipt)
            self._keep_fingerprints(receipt)
            self._check(subject, receipt)
            return self._finished(receipt)

    def _sweep(self) -> None:
        """Remove what killed commands left; a rest may hold the customer, and nobody else writes meanwhile."""
        self.runner.store.sweep()
        for rest in [file for file in self.project.home.rglob("*") if LEFT.fullmatch(file.name)]:
            if self._is_source(rest):
                continue
            if rest.is_dir():
                shutil.rmtree(rest)
            else:
                rest.unlink(missing_ok=True)

    def _begun(self, subject: Subject) -> Receipt:
        """Go on with an erasure of the same customer that was not ended, or begin one."""
        key = suppression.key_of(self.project.home)
        hashes = sorted(suppression.hashed(key, each) for each in subject.ids)
        for pending in sorted(self.folder.glob(f"{PENDING}-*.json")):
            kept = read_record(pending, Receipt, "move it away, and forget the customer again")
            if set(kept.subject) & set(hashes):
                return kept
        receipt = Receipt(secrets.token_hex(8), hashes, _now())
        receipt.unchanged_stages = [name for name, is_same in self._unchanged() if is_same]
        receipt.sources = _sources(self.project)
        self._save(receipt, PENDING)
        return receipt

    def _unchanged(self) -> Iterator[tuple[str, bool]]:
        from pipelines.stage import all_stages

        state = self.runner.state()
        for name, stage in all_stages().items():
            if name in state and stage.applies(self.project):
                yield name, self.runner.is_unchanged(stage)

    def _erase(self, subject: Subject, receipt: Receipt) -> None:
        for file in self._files():
            self._note(receipt, {subject.freed(self._said(file)): erase_from_file(file, subject)})
        logged = erase_from_runs(self.runner.tracking, self.project.name, subject, counts_only=False)
        receipt.not_looked_into = logged.out_of_reach
        self._note(receipt, {"files of MLflow runs": logged.files, "tags of MLflow runs": logged.tags})
        for several, held in self._destinations():
            self._note(receipt, destinations.erase(several, held, subject, counts_only=False))
        for file in self._databases():
            self._note(receipt, self._told(file, tables.erase(file, subject)))

    def _destinations(self) -> list[tuple[Sequence[DestinationSettings], destinations.Texts]]:
        """Give where scores and the mart are brought, each with its tables and their columns of texts."""
        from pipelines.destinations.contract import tables as delivered
        from pipelines.mart.tables import TABLES

        scores = {table.name: _texts(table.columns) for table in delivered()}
        mart = {table.name: _texts({column.name: column.type for column in table.columns}) for table in TABLES}
        return [(self.project.deliver.destinations, scores), (self.project.mart.destinations, mart)]

    def _note(self, receipt: Receipt, places: Mapping[str, int]) -> None:
        """Add to the receipt what went, and keep it, so that a kill loses no more than one place's count."""
        if any(places.values()):
            _add(receipt.places, places)
            self._save(receipt, PENDING)

    def _files(self) -> Iterator[Path]:
        """Files of the project that are read, and the file of answers about ids where that lies elsewhere."""
        for file in sorted(self.project.home.rglob("*")):
            if file.is_file() and not self._is_left_alone(file):
                yield file
        review = _review(self.project)
        if review is not None and review.is_file() and self.project.home not in review.parents:
            yield review

    def _databases(self) -> list[Path]:
        """DuckDB files of the project; the warehouse comes last."""
        found = [file for file in sorted(self.project.home.rglob("*.duckdb")) if not self._is_source(file)]
        return sorted(found, key=lambda file: file.name == WAREHOUSE)

    def _is_left_alone(self, file: Path) -> bool:
        """Whether a file is a database, a record of erasures, or a source that is the owner's."""
        return file.suffix == ".duckdb" or file.parent == self.folder or self._is_source(file)

    def _is_source(self, file: Path) -> bool:
        """Whether a file is the owner's, laid into the project's folder; the demo company's are the project's own."""
        home, root = self.project.home.resolve(), self.project.data.root.resolve()
        return self.project.simulate is None and root.is_relative_to(home) and file.resolve().is_relative_to(root)

    def _said(self, file: Path) -> str:
        """Name a file by its folder: a name may hold an id."""
        home = self.project.home
        return str(file.parent.relative_to(home)) if home in file.parents else "the file of answers about ids"

    def _told(self, file: Path, found: tables.Found) -> dict[str, int]:
        """Name the tables of a database; those of other files than the warehouse by the file as well."""
        before = "" if file.name == WAREHOUSE else f"{file.name}: "
        mentions = {f"{before}{table}, named in rows of others": count for table, count in found.mentions.items()}
        return {**{f"{before}{table}": count for table, count in found.rows.items()}, **mentions}

    def _keep_fingerprints(self, receipt: Receipt) -> None:
        """Let stages that need not run again for the erasure know that they need not."""
        self.runner.accept_as_made(receipt.unchanged_stages)

    def _check(self, subject: Subject, receipt: Receipt) -> None:
        roots = [self.project.home, *folders_of_runs(self.runner.tracking, self.project.name)]
        left = [place for root in roots for place in traces_in(root, subject, but=self._is_source)]
        closed = [str(file) for root in roots for file in closed_files(root)]
        receipt.not_looked_into += [subject.freed(file) for file in closed]
        receipt.looked_into = "every value and every byte" if subject.telling else "columns of ids: the id is short"
        named = [str(file) for root in roots for file in root.rglob("*") if subject.is_mentioned(file.name)]
        if left or named:
            self._save(receipt, PENDING)
            shown = "; ".join(subject.freed(each) for each in (left + named)[:5])
            raise Incomplete(
                f"{len(left) + len(named)} places still name the customer: {shown}",
                do="remove them by hand, then run the same command again",
            )

    def _finished(self, receipt: Receipt) -> Receipt:
        receipt.finished_at = _now()
        self._save(receipt, FINISHED)
        self._file(receipt, PENDING).unlink(missing_ok=True)
        return receipt

    def _save(self, receipt: Receipt, state: str) -> None:
        place = self._file(receipt, state)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        beside.write_text(json.dumps(asdict(receipt), indent=1, ensure_ascii=False), encoding="utf-8")
        os.replace(beside, place)

    def _file(self, receipt: Receipt, state: str) -> Path:
        return self.folder / f"{state}-{receipt.number}.json"


def _add(places: dict[str, int], more: Mapping[str, int]) -> None:
    for place, count in more.items():
        if count:
            places[place] = places.get(place, 0) + count


def _texts(columns: Mapping[str, str]) -> list[str]:
    return [name for name, kind in columns.items() if kind == "VARCHAR" and not is_id_column(name)]


def _sources(project: Project) -> list[str]:
    """Name where the data came from; the demo company's tables are the project's own."""
    from pipelines.ingest.files import label
    from pipelines.tracking import shown

    if project.simulate is not None:
        return []
    mapping, identity = project.data.mapping, project.data.identity
    sources: list[Any] = [project.data.flat] if project.data.flat is not None else []
    sources += [source for several in (mapping.tables.values() if mapping else ()) for source in several]
    sources += list(identity.sources.values()) if identity else []
    return sorted({shown(label(source)) for source in sources})


def _review(project: Project) -> Path | None:
    from pipelines.identity.review import review_file

    return None if project.data.identity is None else review_file(project.data.identity, project.home)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
