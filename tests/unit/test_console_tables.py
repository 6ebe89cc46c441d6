"""Tables of the terminal: nothing is torn at 80 columns, and every cell is printed once."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from evaluation.business.measures import MEASURES
from pipelines.console import Console
from pipelines.fitting import GAP, fitted

AMOUNT = st.integers(0, 10**9).map("{:,}".format)


def printed(capsys, *table, columns=80, monkeypatch=None, **options):
    monkeypatch.setenv("COLUMNS", str(columns))
    Console().table(*table, **options)
    return capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_number_and_no_head_is_torn(language, capsys, monkeypatch):
    heads = ["segment", *(getattr(each.words, language) for each in MEASURES.values())]
    rows = [["fast_moving_goods", *(f"{1234 + place:,}" for place in range(len(heads) - 1))]]
    said = printed(capsys, "All measures", heads, rows, monkeypatch=monkeypatch)
    assert max(map(cell_len, said.splitlines())) <= 80
    assert re.findall(r"\d,\d{3}", said) == rows[0][1:]
    words = {word for head in heads for word in head.split()}
    assert words <= set(said.split())
    assert said.count("fast_moving_goods") > 1  # it leads each of several tables


def test_where_there_is_room_there_is_one_table_and_heads_do_not_wrap(capsys, monkeypatch):
    said = printed(capsys, "Two", ("who", "churn rate"), [("Li", "1%")], monkeypatch=monkeypatch)
    lines = [line.rstrip() for line in said.splitlines()]
    assert lines == ["Two", "", "who  churn rate", "─" * 15, "Li           1%", ""]


def test_texts_get_the_room_that_numbers_leave(capsys, monkeypatch):
    said = printed(
        capsys, "", ("id", "share", "why"), [("a", "5%", "word " * 40)], texts=("why",), monkeypatch=monkeypatch
    )
    assert "─" * 80 in said
    assert said.count("word") == 40


@given(
    st.lists(st.text("ab 名", min_size=1, max_size=20), min_size=2, max_size=9).flatmap(
        lambda heads: st.tuples(st.just(heads), st.lists(st.lists(AMOUNT, min_size=len(heads), max_size=len(heads))))
    ),
    st.integers(30, 120),
)
def test_every_column_has_its_place_and_its_numbers_fit(table, width):
    heads, rows = table
    tables = fitted(heads, rows, (), width)
    assert [column.place for each in tables for column in each[1:]] == list(range(1, len(heads)))
    for each in tables:
        assert each[0].place == 0
        assert sum(column.width for column in each) + GAP * (len(each) - 1) <= width
        for column in each[1:]:
            assert column.width >= max((len(row[column.place]) for row in rows), default=1)
