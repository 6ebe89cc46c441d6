"""Legal forms of companies: they stand in one system's names and are left out in another's."""

from __future__ import annotations

# Alternatives of a regular expression, as they read in lower case, without accents and dots. Several in a row are
# taken off together, as in "co ltd".
WORDS = (
    "ab|ag|aps|as|asa|bhd|bv|bvba|co|company|corp|corporation|cv|doo|ek|ev|gbr|gmbh|inc|incorporated|jsc|kft|kg|kgaa|kk|lda"
    "|limited|llc|llp|lp|ltd|ltda|mbh|nv|ohg|ooo|oy|oyj|plc|pllc|private|pte|pt|pty|pvt|sa|sarl|sas|sca|sdn|se|sl|slu|snc"
    "|spa|srl|sro|ug|und|and|yk|zrt"
)
# Written without a blank behind the name.
ENDINGS = "|".join(
    (
        "集团股份有限公司",
        "集团有限责任公司",
        "集团有限公司",
        "股份有限公司",
        "有限责任公司",
        "有限公司",
        "股份公司",
        "分公司",
        "总公司",
        "公司",
        "集團股份有限公司",
        "集團有限公司",
        "株式会社",
        "有限会社",
        "合同会社",
        "주식회사",
    )
)
BEGINNINGS = "株式会社|有限会社|合同会社|주식회사"
