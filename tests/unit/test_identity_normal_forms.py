"""Names, mails, phones and tax numbers that a person would call the same have one normal form, others do not."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.identity.normal_forms import normal_form

SAME = {
    "email": [
        ["Bob@X.com", " bob@x.com ", "Bob <bob@x.com>", "mailto:bob@x.com", "ｂｏｂ＠ｘ．ｃｏｍ", "bob@x.com."],
        ["bob.smith@x.com"],
        ["bob+shop@x.com"],
        ["bobsmith@x.com"],
    ],
    "phone": [
        [
            "+86 138-1234-5678",
            "13812345678",
            "008613812345678",
            "8613812345678",
            "１３８１２３４５６７８",
            "138 1234 5678",
        ],
        ["010-6554 1234", "+86 (0)10 65541234", "(010) 65541234 转 12", "010 65541234 ext. 5"],
        ["+1 415 555 2671", "001 415 555 2671"],
    ],
    "tax_id": [
        ["91110000600037341L", "9111 0000 6000 37341l", "９１１１００００６０００３７３４１Ｌ"],
        ["DE123456789", "DE 123.456.789", "de-123456789"],
    ],
    "name": [
        ["Acme Co., Ltd.", "ACME", "acme limited", "Ａｃｍｅ　Ｌｔｄ", "ACME Inc.", "Acme G.m.b.H. & Co. KG"],
        ["北京星辰科技有限公司", "北京 星辰科技", "北京星辰科技（股份）有限公司", "北京星辰科技股份有限公司"],
        ["Müller & Söhne GmbH", "MULLER + SOHNE", "Müller, Söhne AG"],
        ["Strauß AG", "Strauss"],
        ["O'Neil plc", "ONEIL", "O’Neil"],
        ["Limited Brands"],
        ["株式会社ヤマト", "ヤマト株式会社", "ヤマト"],
    ],
}
NOTHING = {
    "email": ["", "none", "bob at x.com", "@x.com", "bob@localhost"],
    "phone": ["", "n/a", "12345", "00000000", "9" * 20, "转 12"],
    "tax_id": ["", "n/a", "000000000", "12345", "-"],
    "name": ["", "--", "  ", "、"],
}


def normal(kind: str, text: str, code: str | None = "86") -> str | None:
    selected = f"SELECT {normal_form(kind, 'given', code)} FROM (SELECT ?::VARCHAR AS given)"
    found = duckdb.execute(selected, [text]).fetchone()
    return found[0] if found else None


@pytest.mark.parametrize("kind", SAME)
def test_spellings_of_one_thing_agree_and_of_two_do_not(kind: str) -> None:
    found = [{normal(kind, spelling) for spelling in spellings} for spellings in SAME[kind]]
    assert [len(forms) for forms in found] == [1] * len(found)
    assert len(set().union(*found)) == len(found)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in NOTHING.items() for text in texts])
def test_what_proves_nothing_has_no_normal_form(kind: str, text: str) -> None:
    assert normal(kind, text) is None


@pytest.mark.parametrize(
    ("code", "spelling", "wanted"),
    [
        ("49", "030/123456", "4930123456"),
        ("1", "(415) 555-2671", "14155552671"),
        ("1", "1-415-555-2671", "14155552671"),
        (None, "+49 30 123456", "4930123456"),
        (None, "030 123456", "030123456"),
    ],
)
def test_the_dialling_code_of_the_source_is_added(code: str | None, spelling: str, wanted: str) -> None:
    assert normal("phone", spelling, code) == wanted


@settings(max_examples=50)
@given(st.text(max_size=30))
def test_any_text_is_a_name_without_blanks_or_nothing(text: str) -> None:
    once = normal("name", text)
    assert once is None or (once and " " not in once and once == once.lower())
