"""What a schedule runs, where, and how it is written so that no sign in a path means anything."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigError
from pipelines.schedule.plan import Plan

WAIT_S = 3600
"""How long a scheduled job waits for another command that writes to the project, such as a training."""


@dataclass(frozen=True)
class Scheduled:
    """The job of a project as a schedule runs it.

    Parameters
    ----------
    name
        Name of the project.
    project
        What ``-p`` gets.
    plan
        When it is due.
    folder
        Where it runs: the folder that holds ``conf/``.
    program
        The command ``churnlab`` as it is found from anywhere.

    Raises
    ------
    ConfigError
        If a path holds a line break or another control character.
    """

    name: str
    project: str
    plan: Plan
    folder: Path
    program: tuple[str, ...] = field(default_factory=lambda: own_program())

    def __post_init__(self) -> None:
        for text in (self.project, str(self.folder), *self.program):
            if not text.isprintable():
                raise ConfigError(
                    f"{text!r} holds a control character, such as a line break",
                    allowed="paths that fit on a line",
                    do="rename the folder or move the project",
                )

    @property
    def job(self) -> tuple[str, ...]:
        """The words of the command that does the nightly work."""
        return (*self.program, "job", "-p", self.project, "--wait", str(WAIT_S), "--quiet")

    @property
    def status(self) -> tuple[str, ...]:
        """The words of the command that says how the scores stand."""
        return (*self.program, "status", "-p", self.project)

    @property
    def environment_file(self) -> Path:
        """Where secrets are taken from, if it is there: ``NAME=value`` lines that its owner alone may read."""
        return configuration_folder() / "churnlab" / f"{self.name}.env"


def own_program() -> tuple[str, ...]:
    """Give the command that runs this program: its script beside the interpreter, or the interpreter itself."""
    script = Path(sys.executable).parent / "churnlab"
    return (str(script),) if script.is_file() else (sys.executable, "-m", "pipelines")


def configuration_folder() -> Path:
    """Give the folder of this user's settings."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def systemd_words(words: tuple[str, ...]) -> str:
    r"""Quote words for ``ExecStart=``.

    >>> print(systemd_words(("/opt/my app/churnlab", "100%", "$x", 'a"b')))
    "/opt/my app/churnlab" "100%%" "$$x" "a\"b"
    """
    signs = {"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$"}
    return " ".join('"' + "".join(signs.get(sign, sign) for sign in word) + '"' for word in words)


def systemd_path(path: Path) -> str:
    """Write a path as the value of a key: no quotes there, only the per cent sign has a meaning.

    Raises
    ------
    ConfigError
        If it ends in a backslash, which would join the next line.
    """
    if str(path).endswith("\\"):
        raise ConfigError(f"{path} ends in a backslash", allowed="a path that does not", do="rename the folder")
    return str(path).replace("%", "%%")


def cron_command(scheduled: Scheduled) -> str:
    """Write the command of a line of cron, which is a shell's but for the per cent sign."""
    secrets, folder = shlex.quote(str(scheduled.environment_file)), shlex.quote(str(scheduled.folder))
    line = f"set -a; [ ! -r {secrets} ] || . {secrets}; set +a; cd {folder} && exec {shlex.join(scheduled.job)}"
    return line.replace("%", "\\%")


def rendered(template: str, **values: Any) -> str:
    """Fill a template of this package; a value that it lacks is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pipelines.schedule"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["python"] = repr
    return environment.get_template(template).render(**values)
