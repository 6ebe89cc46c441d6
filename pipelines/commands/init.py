"""The command that looks at files and proposes a project for them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pipelines.config import CONF
from pipelines.console import Console, many
from pipelines.errors import ConfigError
from pipelines.propose import Proposal, propose, render

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def init(paths: list[str], name: str | None, force: bool) -> None:
    """Propose a project for files and write it to ``conf/``.

    Parameters
    ----------
    paths
        Files or folders.
    name
        Name of the project; from the folder or file when ``None``.
    force
        Whether an existing file may be replaced.

    Raises
    ------
    ConfigError
        If the name is not usable, the file exists, or there is no ``conf/`` here.
    DataError
        If nothing in the files can be used.
    """
    given = [Path(path) for path in paths]
    name = _checked(name) if name else _name_from(given[0])
    target = CONF / f"{name}.yaml"
    _check_target(target, force)
    proposal = propose(given, name)
    _write(target, render(proposal))
    _tell(proposal, target)


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) and name != "base":
        return name
    raise ConfigError(f"'{name}' cannot be the name of a project", allowed="a-z, 0-9 and _, beginning with a letter")


def _name_from(path: Path) -> str:
    """Name of the folder, or of the file; what is no plain letter falls away."""
    plain = re.sub(r"[^a-z0-9]+", "_", path.resolve().name.split(".")[0].lower()).strip("_")
    return plain[:40] if _NAME.fullmatch(plain[:40]) and plain != "base" else "project"


def _check_target(target: Path, force: bool) -> None:
    if not (CONF / "base.yaml").is_file():
        raise ConfigError(
            "There is no conf/base.yaml here", allowed="the folder that holds conf/", do="go there and type it again"
        )
    if target.exists() and not force:
        raise ConfigError(f"{target} exists", allowed="a new name", do="give --name NAME, or --force to replace it")


def _write(target: Path, text: str) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"{target} cannot be written: {error.strerror}", do="check the rights of conf/") from None


def _tell(proposal: Proposal, target: Path) -> None:
    console = Console()
    for each in proposal.recognised:
        console.line(f"✓ {each.source}: {each.table}, {many(each.rows, 'rows')}, {many(len(each.columns), 'columns')}")
        if each.unused:
            console.line(f"  not used: {', '.join(each.unused[:12])}{' …' if len(each.unused) > 12 else ''}")
    for source, why in proposal.left_out:
        console.line(f"- {source}: left out, {why}")
    for doubt in proposal.unsure:
        console.line(f"? {doubt}")
    console.line(f"Written to {target}. Look at the lines marked 'unsure', then: churnlab ingest -p {proposal.name}")
