"""Names of values: the shipped ones, a project's own on top, and that no sentence tells a value by its code."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from marts import HOME
from peers_in_memory import counter, usual_values

from evaluation.business.segment_words import segment_words
from evaluation.model.actionable import what_would_lower
from evaluation.model.moved_words import moved_sentence
from evaluation.model.portrait_words import Trait, trait_sentence
from evaluation.model.reasons import reasons
from evaluation.value_names import ANY, SHIPPED
from features.signal import columns_of, discover
from pipelines.config import load_project
from pipelines.demo.segments import CHANNELS, INDUSTRIES, REGIONS, SIZES
from pipelines.errors import ConfigError

KNOWN = columns_of(discover().values())
CHINESE, LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]")
OWN = SHIPPED.with_own({"industry": {"mining": {"en": "mines", "zh": "采矿业"}, "retail": {"zh": "零售业"}}})


def test_every_shipped_name_is_chinese_in_chinese_and_no_code_in_english() -> None:
    rows = SHIPPED.rows()
    assert len(rows) > 100
    numbers = {("tenure_months", "24+")}
    assert [row for row in rows if not CHINESE.search(row[3]) and row[:2] not in numbers] == []
    assert [row for row in rows if "_" in row[2] or CHINESE.search(row[2])] == []


@pytest.mark.parametrize(
    ("category", "choice"),
    [("industry", INDUSTRIES), ("company_size", SIZES), ("region", REGIONS), ("channel", CHANNELS)],
)
def test_every_value_of_the_demo_company_has_a_name(category, choice) -> None:
    assert [name for name in choice.names if SHIPPED.find(name, category) is None] == []


def test_the_same_value_is_called_by_its_category() -> None:
    assert [SHIPPED.words("medium", name).zh for name in ("company_size", "risk_band")] == ["中型", "中"]
    assert SHIPPED.words("category_last", "no such category").en == "category_last"
    assert SHIPPED.words("devices", "category_last").zh == "设备"  # A signal is called like its column.
    assert SHIPPED.words("(missing)", "region").zh == SHIPPED.find("(missing)", ANY).zh == "未知"


def test_own_names_come_on_top_and_leave_the_others() -> None:
    assert (OWN.words("mining", "industry").en, OWN.words("mining", "industry").zh) == ("mines", "采矿业")
    assert (OWN.words("retail", "industry").en, OWN.words("retail", "industry").zh) == ("retail", "零售业")
    assert SHIPPED.words("retail", "industry").zh == "零售"
    assert segment_words("industry", "mining", OWN).zh == "采矿业"
    assert segment_words("rfm_class", "general_keep", OWN).zh == "一般保持客户"


def test_a_project_names_its_values_in_its_configuration(tmp_path) -> None:
    (tmp_path / "base.yaml").write_text((HOME / "conf" / "base.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    text = (HOME / "conf" / "demo.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(f"{text}\nnames: {{plan: {{gold_2: {{zh: 黄金二号}}}}}}\n", encoding="utf-8")
    names = load_project(str(tmp_path / "own.yaml")).value_names
    assert (names.words("gold_2", "plan").en, names.words("gold_2", "plan").zh) == ("gold_2", "黄金二号")
    assert names.words("retail", "industry").zh == "零售"


def test_a_name_in_another_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="names"):
        load_project(str(HOME / "conf" / "demo.yaml"), ["names.plan.gold={fr: or}"])


class TestSentences:
    """What is said of a customer of an industry, in Chinese without a Latin letter."""

    signals = pd.DataFrame(
        {
            "tickets__open_tickets__90d": [0.0] * 39 + [4.0],
            "customers__industry__ever": ["fast_moving_goods"] * 40,
        }
    )
    usual = usual_values(signals, pd.Series(["fast_moving_goods"] * 40))

    def test_reasons(self) -> None:
        told = reasons(self.signals, np.ones((40, 2)), KNOWN, self.usual).query("row == 39")
        assert sorted(told["sentence_zh"]) == ["所属行业为快消品", "近 90 天有 4 个工单未解决（快消品客户通常为 0 个）"]
        assert "usual in fast-moving goods: 0" in " ".join(told["sentence_en"])
        assert "fast_moving_goods" in set(told["value"])  # The column of values keeps what the data hold.

    def test_an_industry_that_nobody_named_stays_and_keeps_its_distance(self) -> None:
        other = self.signals.assign(customers__industry__ever="tin")
        usual = usual_values(other, pd.Series(["tin"] * 40))
        told = reasons(other, np.ones((40, 2)), KNOWN, usual).query("row == 39")
        assert any("（tin 客户通常为 0 个）" in said for said in told["sentence_zh"])

    def test_levers(self) -> None:
        def predict(frame: pd.DataFrame) -> np.ndarray:
            return frame["tickets__open_tickets__90d"].to_numpy(dtype=float) / 10

        told = what_would_lower(predict, self.signals, KNOWN, self.usual, counter(self.signals, self.usual))
        assert "快消品客户通常为 0 个" in told.loc[0, "sentence_zh"]
        assert "usual in fast-moving goods: 0" in told.loc[0, "sentence_en"]

    def test_moves_and_traits(self) -> None:
        name = "contracts__plan__ever"
        said = moved_sentence(name, KNOWN[name], "team", "starter", "zh")
        assert said == "当前套餐为团队版（此前为入门版）"
        trait = Trait("customers__region__ever", word="east_china", is_word=False)
        assert trait_sentence(trait, KNOWN, "zh") == "所在地区为非华东"
        assert not LATIN.search(said + trait_sentence(trait, KNOWN, "zh"))
