"""The page of a review: what it says, in which language, to whom; what it refuses, and what it says where data lack."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from pages import Page, chinese_in_english, english_in_chinese
from reviews import CONF, FORMULA, SCRIPT, copied, measure_experiment, reviewed
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import ConfigError
from pipelines.report.page import html
from pipelines.review.month import Month, month_of_review
from pipelines.review.page import page, read, write
from pipelines.review.sections import next_month, sections
from pipelines.review.sections.opening import identity
from pipelines.warehouse.duckdb_file import warehouse

OCTOBER = Month(date(2026, 10, 1), "UTC")
MEASURED = ["2026-08", "2026-09", "2026-10"]
OWN_NAMES = ("Firm c", SCRIPT, "cmd()", "Ada")
COMMANDS = re.compile(r"churnlab[a-z \-]*(NAME -p demo)?|--[a-z-]+|measures\.yardsticks|ChurnLab")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = reviewed(tmp_path_factory.mktemp("review"))
    with warehouse(made.home) as connection:
        money = {"margin_kept": 900.0, "variable_cost": 100.0, "fixed_cost": 50.0}
        returned = {"roi": 5.0, "roi_low": 1.0, "roi_high": 9.0}
        measure_experiment(connection, "call_at_risk", "2026-10", "keep", (0.1, 0.02, 0.18), **money, **returned)
    return made


@pytest.fixture(scope="module")
def found(project):
    return read(project, OCTOBER)


@pytest.fixture(scope="module")
def text(found):
    return html(page(found))


@pytest.fixture(scope="module")
def seen(text):
    return Page(text)


@pytest.fixture(scope="module")
def nothing_known(tmp_path_factory):
    """A review of a company that was measured, and no more."""
    return read(reviewed(tmp_path_factory.mktemp("empty"), known=False), OCTOBER)


@pytest.mark.parametrize(
    ("asked", "said"),
    [("2026-11", "not over"), ("2026-07", "before the data"), ("2026-13", "no month"), ("october", "no month")],
)
def test_a_month_that_cannot_be_reviewed_is_refused_with_those_that_can(asked, said):
    with pytest.raises(ConfigError, match=said) as refused:
        month_of_review(asked, MEASURED, "UTC")
    assert "2026-10" in refused.value.allowed
    assert "--month last" in refused.value.do


def test_the_last_month_is_the_last_that_the_data_cover():
    assert month_of_review("last", MEASURED, "UTC").name == "2026-10"


def test_a_month_begins_and_ends_at_midnights_of_its_zone():
    shanghai = Month(date(2026, 10, 1), "Asia/Shanghai")
    assert (shanghai.starts_at.isoformat(), shanghai.ends_at.isoformat()) == (
        "2026-09-30T16:00:00",
        "2026-10-31T16:00:00",
    )


def test_the_opening_says_who_left_and_the_identity_adds_up(found):
    said = page(found).front.answer
    assert said.en.startswith("3 of 35 customers left in October 2026 (8.6\N{NO-BREAK SPACE}%), 2 more than")
    assert said.zh.startswith("2026 年 10 月，35 位期初客户中流失 3 位（8.6%），比上月多 2 位")
    numbers = [int(number) for number in re.findall(r"\d+", identity(found).en)]
    assert numbers == [35, 2, 1, 3, 35]


def test_every_part_has_a_sentence_and_a_place(found, seen):
    told = sections(found)
    assert [each.key for each in told] == ["month", "changes", "why", "who", "done", "brought", "next", "made"]
    assert all(each.answer.en and each.answer.zh for each in told)
    assert {link[1:] for link in seen.links if link.startswith("#")} <= set(seen.ids)


def test_nothing_is_loaded_and_every_tag_is_closed(text, seen):
    assert seen.stack == []
    assert re.findall(r"(?:https?:)?//[a-z]|@import|url\(", text) == []
    assert not {"link", "img", "iframe", "object"} & set(seen.tags)


def test_a_hostile_name_is_text_and_no_formula(text, seen):
    assert SCRIPT not in text
    assert any(SCRIPT in said for _, said in seen.texts)
    assert any(said.endswith(f"· '{FORMULA}") for _, said in seen.texts)


def test_each_language_stands_alone(seen):
    assert chinese_in_english(seen) == []
    left = [COMMANDS.sub("", said) for said in english_in_chinese(seen)]
    assert [said for said in left if re.search(r"[A-Za-z]{3,} [a-z]{2,}", said)] == []
    unmarked = {said for language, said in seen.texts if not language and not any(name in said for name in OWN_NAMES)}
    assert [said for said in unmarked if re.search(r"[A-Za-z]{2,} [a-z]{2,}|[\u4e00-\u9fff]", said)] == []


def test_chinese_has_full_width_marks(seen):
    chinese = [said for language, said in seen.texts if language == "zh"]
    assert len(chinese) > 100
    assert [said for said in chinese if re.search(r"[\u4e00-\u9fff][,;:!?(]|[,;:!?)][\u4e00-\u9fff]", said)] == []


def test_names_are_left_out_to_send_the_review_on(project):
    told = read(project, OCTOBER, names_customers=False)
    text = html(page(told))
    assert [name for name in ("Firm c", "alert(1)", "cmd()") if name in text] == []
    assert re.findall(r"\bc\d\d\b", text) == []
    assert "customer 20" in text
    assert write(told).name == "review-2026-10-without-customers.html"


def test_the_same_data_give_the_same_bytes_and_nothing_else_is_left(project, found):
    path = write(found)
    first = path.read_bytes()
    assert write(read(project, OCTOBER)).read_bytes() == first
    assert sorted(each.name for each in path.parent.iterdir() if each.name.startswith(".")) == []


def test_a_review_opens_in_the_language_asked_for(found):
    assert '|| "zh" ||' in html(page(found, "zh"))
    assert "|| null ||" in html(page(found))


def test_parts_without_figures_say_what_brings_them(nothing_known):
    told = {each.key: each for each in sections(nothing_known)}
    assert "churnlab score --as-of 2026-11-01 -p demo" in told["who"].answer.en
    assert "churnlab act -p demo" in told["done"].answer.en
    assert "churnlab experiments" in told["brought"].answer.en
    text = html(page(nothing_known))
    for command in (
        "churnlab score --from 2026-09-02 -p demo",
        "churnlab score --from 2026-09-24",
        "churnlab act",
        "churnlab score --as-of 2026-11-01",
    ):
        assert command in text
    assert "nan" not in re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL).lower().split()


def test_experiments_that_are_over_are_told_with_interval_and_return(found, text):
    (section,) = [each for each in sections(found) if each.key == "brought"]
    assert "keep “A call to customers at risk”" in section.answer.en
    assert "+10 (+2.0 to +18)" in text
    assert "500\N{NO-BREAK SPACE}% (100\N{NO-BREAK SPACE}% to 900\N{NO-BREAK SPACE}%)" in text


def test_an_experiment_that_is_not_over_names_no_sum(project, tmp_path):
    other = copied(project, tmp_path)
    with warehouse(other.home) as connection:
        connection.execute("UPDATE actions.experiment_decisions SET decision = 'wait'")
        connection.execute("UPDATE actions.experiment_effects SET verdict = 'too_few'")
    (section,) = [each for each in sections(read(other, OCTOBER)) if each.key == "brought"]
    assert "¥" not in section.answer.en
    assert "too few to say" in html(page(read(other, OCTOBER)))


def test_an_experiment_measured_after_the_month_is_marked(project, tmp_path):
    other = copied(project, tmp_path)
    with warehouse(other.home) as connection:
        connection.execute("UPDATE actions.experiment_decisions SET month = '2026-12'")
    (section,) = [each for each in sections(read(other, OCTOBER)) if each.key == "brought"]
    assert "keep “A call to customers at risk*”" in section.answer.en
    assert "* Measured after this month." in html(page(read(other, OCTOBER)))


def said(rule, facts):
    found = rule(facts)
    return None if found is None else found.en


def test_what_follows_is_told_by_rules(found, nothing_known):
    assert (
        said(next_month.score_the_customers, nothing_known) == "Score the customers each week (churnlab score -p demo)."
    )
    assert said(next_month.score_the_customers, found) is None
    assert said(next_month.speak_first, found).startswith("Speak with the 19 customers of the list")
    assert said(next_month.stop_and_keep, found) == "By their experiments: keep “A call to customers at risk”."
    assert (
        said(next_month.clear_overdue, found)
        == "Do or close 1 action that is overdue and 1 open alert of high severity."
    )
    assert said(next_month.begin_to_measure, found) is None
    assert "retail (8.6\N{NO-BREAK SPACE}% against 0.5" in said(next_month.look_into_segments, found)
    calm = replace(found, changes=replace(found.changes, segments=[]))
    assert said(next_month.look_into_segments, calm) is None


def test_a_model_that_foretold_too_few_is_trained_anew(found):
    row = {"band": "low", "customers": 1000, "expected": 20.0, "came": 60}
    wrong = replace(found, ahead=replace(found.ahead, foretold=[row]))
    assert said(next_month.train_anew, wrong).endswith("it foretold 20 leavers, and 60 left.")
    right = replace(found, ahead=replace(found.ahead, foretold=[row | {"expected": 58.0}]))
    assert said(next_month.train_anew, right) is None


def test_a_rule_that_hits_no_more_than_chance_is_named(found):
    hit = {"rule": "many_tickets", "alerts": 800, "customers": 700, "came": 30}
    noisy = replace(found, ahead=replace(found.ahead, hits={"many_tickets": hit}, usual_rate=0.04))
    assert "Many tickets in a month" in said(next_month.quieten_rules, noisy)
    good = replace(found, ahead=replace(found.ahead, hits={"many_tickets": hit | {"came": 90}}, usual_rate=0.04))
    assert said(next_month.quieten_rules, good) is None


def test_at_most_five_sentences(found, monkeypatch):
    monkeypatch.setattr(next_month, "RULES", (next_month.speak_first,) * 9)
    (block,) = next_month.section(found).blocks
    assert len(block.items) == 5


def run(project, *arguments):
    environment = {"CHURNLAB__WORKSPACE": str(project.home.parent), "CHURNLAB__LABEL__DATA_END": "2026-11-01T00:00:00"}
    return CliRunner().invoke(app, ["report", "-p", str(CONF), *arguments], env=environment)


def test_the_command_writes_the_page_and_says_the_answer(project):
    done = run(project, "--month", "last", "-l", "zh")
    assert done.exit_code == 0, done.output
    assert "2026 年 10 月，35 位期初客户中流失 3 位" in done.output
    assert (project.home / "reports" / "review-2026-10.html").is_file()


@pytest.mark.parametrize("arguments", [("--month", "2026-12"), ("--month", "2026-10", "-l", "fr")])
def test_the_command_refuses_with_its_exit_code(project, arguments):
    done = run(project, *arguments)
    assert done.exit_code == ConfigError.exit_code
    assert "Traceback" not in done.output
