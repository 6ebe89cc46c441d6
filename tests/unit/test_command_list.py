"""The list of commands: everything is in it once, in its group, and readable in a narrow terminal."""

import re

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.cli.grouped import GROUPS, OTHERS


@pytest.mark.parametrize("columns", [50, 80])
def test_every_command_is_listed_once_with_its_whole_sentence(columns):
    said = CliRunner().invoke(app, ["--help"], terminal_width=columns).output
    listed = re.findall(r"^  ([a-z]+)  ", said, re.MULTILINE)
    assert sorted(listed) == sorted(get_command(app).commands)
    assert OTHERS not in said
    assert "..." not in said.replace("[ARGS]...", "")
    assert max(map(len, said.splitlines())) <= columns
    assert [title for title in GROUPS if f"{title}:" in said] == list(GROUPS)


def test_the_names_begin_at_one_place_and_so_do_the_sentences():
    said = CliRunner().invoke(app, ["--help"], terminal_width=80).output
    rows = re.findall(r"^(  [a-z]+ +)[A-Z]", said, re.MULTILINE)
    assert len({len(row) for row in rows}) == 1
