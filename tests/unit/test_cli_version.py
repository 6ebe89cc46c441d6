"""The first thing asked of a command that does not work: which version it is."""

from importlib.metadata import version

from typer.testing import CliRunner

from pipelines.cli import app


def test_the_command_says_its_version() -> None:
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.stdout) == (0, f"churnlab {version('churnlab')}\n")
