"""Invented names of companies and of the people who look after them."""

from __future__ import annotations

import numpy as np

OWNERS: list[str] = [
    "林予安", "周望舒", "许知遥", "沈砚清", "陆星河", "顾晚晴", "程若谷", "苏青禾", "叶明川", "江照野", "秦念初",
    "宋听澜",
    "Mara Voss", "Idris Halden", "Noor Castell", "Tove Lindgard", "Pavel Orsic", "Leila Marchetti",
    "Jonah Wexley", "Anika Straub", "Desmond Okwu", "Freya Tollefsen", "Rafi Benzur", "Celine Harrow",
]  # fmt: skip

_FIRST_ZH = ["澜", "恒", "禾", "砚", "朔", "岚", "沐", "景", "泓", "辰", "翊", "稷", "锦", "昱", "霁", "樾"]
_SECOND_ZH = ["川", "原", "屿", "舟", "陵", "桥", "野", "峰", "溪", "港", "林", "石", "汀", "谷", "台", "湾"]
_KIND_ZH = ["机械", "食品", "百货", "软件", "物流", "教育", "医疗"]
_FIRST_EN = ["Nor", "Vel", "Asten", "Bray", "Corv", "Dun", "Elm", "Far", "Glen", "Hal", "Isk", "Jor", "Kel", "Lund"]
_SECOND_EN = ["vale", "ford", "mere", "wick", "holm", "stead", "crest", "gate", "haven", "moor", "ridge", "brook"]
_KIND_EN = ["Machine Works", "Foods", "Stores", "Software", "Logistics", "Learning", "Health"]


def _company_names() -> list[str]:
    chinese = [f"{a}{b}{kind}有限公司" for kind in _KIND_ZH for a in _FIRST_ZH for b in _SECOND_ZH]
    english = [f"{a}{b} {kind}" for kind in _KIND_EN for a in _FIRST_EN for b in _SECOND_EN]
    return chinese + english


COMPANY_NAMES: list[str] = _company_names()
"""Chinese names first, then English ones; each language industry by industry."""

_CHINESE_A_KIND = len(_FIRST_ZH) * len(_SECOND_ZH)
_ENGLISH_A_KIND = len(_FIRST_EN) * len(_SECOND_EN)


def name_codes(rng: np.random.Generator, industry: np.ndarray, is_chinese: np.ndarray) -> np.ndarray:
    """Pick a company name that fits the industry and the language."""
    chinese = industry * _CHINESE_A_KIND + rng.integers(0, _CHINESE_A_KIND, len(industry))
    english = industry * _ENGLISH_A_KIND + rng.integers(0, _ENGLISH_A_KIND, len(industry))
    return np.where(is_chinese, chinese, len(_KIND_ZH) * _CHINESE_A_KIND + english)
