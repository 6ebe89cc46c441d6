"""Sentences of signals read like sentences of people: one and many, below zero, units beside what is usual."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from evaluation.model.grammar import filled
from evaluation.model.moved_words import moved_sentence
from evaluation.model.reason_words import sentence, shown
from evaluation.value_names import SHIPPED
from features.checks import check
from features.declared import SignalColumn
from features.errors import DefinitionError
from features.signal import columns_of, discover

KNOWN = columns_of(discover().values())
COUNTS = [column for column in KNOWN.values() if column.signal.unit not in ("category", "flag", "ratio", "share")]
SIGNED = [column for column in KNOWN.values() if "en_below" in column.signal.say]
YUAN = SHIPPED.in_currency("CNY")


def said(name: str, value: object, usual: object = None, segment: str = "") -> tuple[str, str]:
    en, zh = (sentence(name, KNOWN[name], value, usual, segment, language, YUAN) for language in ("en", "zh"))
    return en, zh


@pytest.mark.parametrize("column", COUNTS, ids=lambda column: column.name)
def test_nothing_is_said_of_one_in_the_plural(column: SignalColumn) -> None:
    text = filled(column, "1", "en")
    assert not re.search(r"(?<!\d)1 (different |business |key |new )?(people|\w*[^s\W]s)\b", text)
    assert not re.match(r"1 [\w-]+ .*\b(are|were|speak|have had)\b", text)


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("tickets__open_tickets__90d", "1 ticket of the last 90 days is still unsolved", "2 tickets of"),
        ("usage__logins__7d", "Logged in once in the last 7 days", "Logged in 2 times in"),
        ("interactions__business_reviews__365d", "1 business review in the last 365 days", "2 business reviews"),
        ("usage__users__30d", "1 person used the product in the last 30 days", "2 people used"),
        ("orders__gap_days_mean__ever", "Usually orders every day", "Usually orders every 2 days"),
        ("interactions__unanswered__90d", "1 of our messages of the last 90 days is unanswered", "2 of our messages"),
    ],
)
def test_one_and_two(name: str, one: str, two: str) -> None:
    assert said(name, 1.0)[0] == one
    assert said(name, 2.0)[0].startswith(two)


def test_a_ratio_of_one_stays_a_ratio() -> None:
    assert "was 1 times that of" in said("usage__events_change__30d", 1.0)[0]


@pytest.mark.parametrize("column", SIGNED, ids=lambda column: column.name)
def test_what_is_below_zero_is_said_in_words(column: SignalColumn) -> None:
    for language in ("en", "zh"):
        above, below = (filled(column, shown(value, column.signal.unit, language), language) for value in (12, -12))
        assert above != below
        assert "-" not in below.replace("-1 complaint", "")
        assert "-" not in re.sub("（-1 为抱怨.*", "", below)


def test_an_offer_below_the_price_of_today() -> None:
    name = "contracts__renewal_price_step__ever"
    assert said(name, -0.12) == ("The renewal offer is 12% below the price of today", "续约报价比现价低 12%")
    assert said("contracts__days_to_end__ever", -3.0) == ("The term ended 3 days ago", "合同已到期 3 天")


def test_what_is_usual_has_its_unit() -> None:
    assert said("interactions__days_since_outreach__ever", 120.0, 0.52) == (
        "We last reached out 120 days ago (usual: 0.5 days)",
        "距我方上次主动联系已 120 天（通常为 0.5 天）",
    )
    assert said("usage__logins__30d", 2.0, 18.0, "retail") == (
        "Logged in 2 times in the last 30 days (usual in retail: 18)",
        "近 30 天登录 2 次（零售客户通常为 18 次）",
    )
    name = "usage__days_since_login__ever"
    assert moved_sentence(name, KNOWN[name], 9.0, 1.0, "zh", YUAN) == "距上次登录已 9 天（此前为 1 天）"
    assert moved_sentence(name, KNOWN[name], 9.0, 1.0, "en", YUAN) == "Last logged in 9 days ago (before: 1 day)"


def test_amounts_have_the_symbol_of_the_project() -> None:
    assert said("deals__won_amount__180d", 12345.6, 800.0) == (
        "Deals worth ¥12,346 were won in the last 180 days (usual: ¥800)",
        "近 180 天赢单金额 ¥12,346（通常为 ¥800）",
    )
    assert shown(-3.5, "currency", "en", "CHF ") == "-CHF 3.5"


def test_a_flag_that_holds_is_a_statement() -> None:
    assert said("usage__never_set_up__ever", 1.0) == ("Key feature never set up", "从未完成关键功能设置")
    assert said("usage__never_set_up__ever", 0.0) == ("Key feature never set up: no", "从未完成关键功能设置：否")


def test_what_never_happened_is_not_counted_in_days() -> None:
    en, zh = said("usage__days_since_setup__ever", np.nan)
    assert (en, zh) == ("Not known: Days since a key feature was last set up", "暂无数据：上次设置功能的时间")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_marks_are_those_of_the_language(language: str) -> None:
    for column in KNOWN.values():
        text = "".join(column.signal.say[key] for key in column.signal.say if key.startswith(language))
        assert '"' not in text
        assert language == "en" or not re.search(r"[\u4e00-\u9fff][,;:()]|[,;:()][\u4e00-\u9fff]", text)


def test_a_sentence_for_below_zero_needs_both_languages() -> None:
    whole = SIGNED[0].signal
    half = replace(whole, say={key: text for key, text in whole.say.items() if key != "zh_below"})
    check(whole)
    with pytest.raises(DefinitionError, match="below zero"):
        check(half)
