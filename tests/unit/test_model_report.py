"""The report on a model says what was found, in both languages, and lets nothing of the data act."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from judgements import judged
from pages import Page

from evaluation.gates.words import Words
from pipelines.artifacts import Store
from pipelines.commands import report as command
from pipelines.config import load_project
from pipelines.errors import NotReady
from pipelines.judging.judge import Judgement
from pipelines.report import numbers
from pipelines.report.drawing import Axis, Line, Scale, bar_chart, line_chart
from pipelines.report.markdown import card
from pipelines.report.model_report import footer, page, title, write_report
from pipelines.report.sections import SECTIONS, calibration, data, sections
from pipelines.report.sections.gates import verdict

HOSTILE = "\"'><script>alert(1)</script>|`x`=cmd()"


@pytest.fixture(scope="module")
def module_patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def found(module_patch):
    return judged(module_patch)


@pytest.fixture(scope="module")
def read(found):
    return Page(page(found))


def test_every_tag_is_closed_and_nothing_is_loaded(read):
    assert read.stack == []
    assert [link for link in read.links if not link.startswith("#")] == []
    assert not {"link", "img", "iframe", "object"} & set(read.tags)


def test_the_page_asks_for_nothing_from_outside(found):
    assert re.findall(r"(?:https?:)?//[a-z]|@import|url\(", page(found)) == []


def test_every_link_leads_to_a_place_of_the_page(read):
    assert {link[1:] for link in read.links} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


def test_what_is_not_marked_with_a_language_is_no_sentence(read):
    unmarked = {text for language, text in read.texts if language == ""}
    assert [text for text in unmarked if re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}|[\u4e00-\u9fff]", text)] == []


def test_texts_are_in_the_language_that_they_are_marked_with(read):
    english = [text for language, text in read.texts if language == "en"]
    chinese = [text for language, text in read.texts if language == "zh"]
    assert [text for text in english if re.search(r"[\u4e00-\u9fff]", text) and text != "中文"] == []
    assert [text for text in chinese if re.search(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", text)] == []
    assert len(chinese) > 100


def test_chinese_sentences_have_full_width_marks(read):
    chinese = [text for language, text in read.texts if language == "zh"]
    assert [text for text in chinese if re.search(r"[\u4e00-\u9fff][,;:!?(]|[,;:!?)][\u4e00-\u9fff]", text)] == []


def test_the_first_sentence_says_what_contacting_finds(found):
    line = found.contacts["capacity"]
    test = found.record["test"]["xgboost"]
    said = next(iter(sections(found))).answer.en
    assert numbers.percent(found.contacts["20pct"]["recall"]).en in said
    opening = page(found)
    assert f"Contacting the {line['contacted']:,} riskiest customers reaches" in opening
    assert numbers.percent(test["base_rate"]).en in opening


def test_figures_on_the_page_are_those_that_were_judged(found):
    text = page(found)
    for key in ("roc_auc", "pr_auc", "log_loss"):
        assert f"{found.record['test']['xgboost'][key]:.3f}" in text
    assert f"{found.record['intervals']['roc_auc']['low']:.2f} to" in text


def test_hostile_words_do_no_harm(monkeypatch):
    hostile = judged(monkeypatch, HOSTILE)
    text, written = page(hostile), card(hostile, title(hostile), footer(hostile))
    assert text.count("<script>") == 1
    assert "alert(1)" in text
    assert Page(text).stack == []
    assert "<script" not in written
    rows = [line for line in written.splitlines() if line.startswith("|") and "alert" in line]
    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows if "industry" in row or "Industry" in row} == {3 + 1, 11}


def test_a_table_without_time_has_no_section_on_time(monkeypatch):
    flat = judged(monkeypatch, flat=True)
    keys = [each.key for each in sections(flat)]
    assert "over-time" not in keys
    assert "no forecast" in page(flat)
    assert Page(page(flat)).stack == []


def test_without_a_value_the_report_says_so(found):
    because = {"en": "No column says it.", "zh": "没有价值列。"}
    poor = replace(found, record={**found.record, "money": {"applies": False, "because": because}})
    assert "No column says it." in page(poor)


def test_every_section_is_told(found):
    assert len(sections(found)) == len(SECTIONS)


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (["passed", "not_applicable"], "May be used: all 1 gates that apply passed."),
        (["passed", "warned", "not_applicable"], "May be used with care: 1 of 2 gates passed, 1 warn."),
        (["failed", "warned"], "Must not be used: 1 of 2 gates failed."),
    ],
)
def test_verdict_follows_the_gates(found, statuses, said):
    gates = [{"status": status} for status in statuses]
    assert verdict(replace(found, record={**found.record, "gates": gates})).en == said


def test_the_report_is_written_whole_in_place_of_the_earlier_one(found, tmp_path):
    (tmp_path / "model.html").write_text("earlier")
    written = write_report(found, tmp_path)
    assert [file.name for file in written] == ["model.html", "model_card.md"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.html", "model_card.md"]
    assert written[0].read_text().startswith("<!doctype html>")
    assert written[1].read_text().startswith("# Company retail · report on the model")
    assert "# 公司 retail · 模型报告" in written[1].read_text()


def test_the_card_holds_the_same_figures(found):
    written = card(found, title(found), footer(found))
    assert f"{found.record['test']['xgboost']['roc_auc']:.3f}" in written
    assert written.count("\n## ") == 2 * len(SECTIONS)


@pytest.mark.parametrize(
    ("amount", "en", "zh"),
    [(0, "¥0", "¥0"), (999.6, "¥1,000", "¥1,000"), (-50, "-¥50", "-¥50"), (2.5e9, "¥2.5 B", "¥25.0 亿")],
)
def test_amounts_as_people_say_them(amount, en, zh):
    said = numbers.money(amount, "CNY")
    plain = [text.replace("\N{NO-BREAK SPACE}", " ").replace(numbers.MINUS, "-") for text in (said.en, said.zh)]
    assert plain == [en, zh]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_not_known_is_a_dash(value):
    assert [say(value).en for say in (numbers.percent, numbers.decimal, numbers.times)] == ["–"] * 3


def test_a_scale_maps_ends_to_ends():
    scale = Scale(0, 4, 100, 20)
    assert [scale(value) for value in (0, 1, 4)] == [100, 80, 20]


def test_axes_are_marked_at_round_numbers():
    say = numbers.percent
    assert Axis(0, 1, numbers.NOTHING, say).places == [0, 0.25, 0.5, 0.75, 1]
    assert Axis(-130, 470, numbers.NOTHING, say).places == [0, 200, 400]
    assert str(Axis(-0.2, 1, numbers.NOTHING, say).places[0]) == "0.0"


def test_lines_end_where_they_are_not_known():
    x = np.array([0.0, 1.0, 2.0])
    line = Line(x, np.array([0.0, 1.0, np.nan]), "model", Words("a <b>", "甲"), 1.0)
    axis = Axis(0, 2, numbers.NOTHING, numbers.count)
    drawn = str(line_chart([line], axis, axis))
    assert "nan" not in drawn
    assert "a &lt;b&gt;" in drawn
    assert drawn.count('class="line model"') == 1


def test_the_longest_bar_fills_the_drawing():
    drawn = str(bar_chart([(numbers.same("a"), 2, numbers.same("2")), (numbers.same("b"), 1, numbers.same("1"))]))
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="20"', drawn)]
    assert widths[0] == pytest.approx(2 * widths[1])


def test_the_command_needs_a_judged_model(tmp_path):
    from pipelines.commands.report import report
    from pipelines.errors import NotReady

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHURNLAB__WORKSPACE", str(tmp_path))
        with pytest.raises(NotReady, match=r"No model of project demo .*churnlab run"):
            report("demo", False)


def test_leaving_without_a_day_has_no_lead_time(found):
    tables = {name: table for name, table in found.tables.items() if name != "lead_time"}
    over_time = {**found.record["over_time"], "lead": None}
    silent = replace(found, record={**found.record, "over_time": over_time}, tables=tables)
    told = next(each for each in sections(silent) if each.key == "over-time")
    assert "no exact day" in told.answer.en


@pytest.mark.parametrize(("factor", "said"), [(1.0, "about as many"), (3.0, "too high"), (0.2, "too low")])
def test_whether_the_percentages_hold_is_said(found, factor, said):
    curve = found.tables["reliability"]
    off = curve.assign(mean_probability=factor * curve["mean_probability"])
    told = replace(found, tables={**found.tables, "reliability": off})
    assert said in calibration.section(told).answer.en


def test_windows_that_were_open_are_drawn_and_told(found):
    assert "no outcome that taught was still open" in data.section(found).answer.en
    population = found.tables["population"]
    before = population.iloc[-2].to_dict() | {
        "role": "open",
        "cutoff": population["cutoff"].iloc[-1] - timedelta(days=9),
    }
    there = pd.concat([population.iloc[:-1], pd.DataFrame([before]), population.iloc[-1:]], ignore_index=True)
    record = {**found.record, "split": {**found.record["split"], "open_rows": 600}}
    told = data.section(replace(found, record=record, tables={**found.tables, "population": there}))
    taught = found.record["split"]["train_rows"] + 600
    assert f"{taught:,} rows of earlier cutoffs taught" in told.answer.en
    assert "only what was known by then taught" in told.answer.en
    assert "仅其当时已知的部分" in told.answer.zh
    assert "open then" in str(told.blocks)
    assert "teaches what the test cutoff knew" in str(told.blocks)


def test_classes_stand_in_their_own_order(found):
    text = page(found)
    places = [text.index(f">{name}<") for name in ("lowest quarter", "below the middle", "highest quarter")]
    assert places == sorted(places)


def test_the_browser_may_run_the_pages_own_script_and_load_nothing(found):
    text = page(found)
    (script,) = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert html.unescape(policy).split("; ")[0] == "default-src 'none'"
    assert f"script-src 'sha256-{digest}'" in html.unescape(policy)


def test_figures_of_another_version_are_told_as_that(found, tmp_path, monkeypatch):
    project = load_project("conf/demo.yaml", [f"workspace={tmp_path}"])
    monkeypatch.setattr(command, "load_project", lambda name: project)
    store = Store(project.home / "artifacts")
    store.save("judged_tables", Judgement(found.record, found.tables).write(store.scratch("evaluate")))
    store.save("judged", found.record)
    command.report("demo", opens=False)
    changed = json.loads(json.dumps(found.record, default=str))
    del changed["calibration"]["brier"]
    store.save("judged", changed)
    with pytest.raises(NotReady, match=r"judged\.json or the tables .* another version \(KeyError: 'brier'\)") as no:
        command.report("demo", opens=False)
    assert no.value.do == "judge the model again: churnlab evaluate --force"
