"""What segments are called, in both languages."""

from __future__ import annotations

from evaluation.business.flows import ALL
from evaluation.business.lifecycle import REST, STAGES, TIERS
from evaluation.business.rfm import CLASSES
from evaluation.business.segmentations import TENURES, USES
from evaluation.gates.words import Words
from evaluation.value_names import SHIPPED, ValueNames

SEGMENTATIONS: dict[str, Words] = {
    ALL: Words("all", "全部"),
    "industry": Words("industry", "行业"),
    "company_size": Words("company size", "企业规模"),
    "region": Words("region", "地区"),
    "channel": Words("channel", "渠道"),
    "plan": Words("plan", "套餐"),
    "tenure": Words("time as a customer", "客户年限"),
    "usage": Words("use", "使用强度"),
    "lifecycle_stage": Words("lifecycle stage", "生命周期阶段"),
    "rfm_class": Words("RFM class", "RFM 分类"),
    "tier": Words("value tier", "价值等级"),
}
_TENURES_ZH = ("3 个月以内", "3 至 6 个月", "6 至 12 个月", "1 至 2 年", "2 年以上")
SEGMENTS: dict[str, dict[str, Words]] = {
    "rfm_class": CLASSES,
    "lifecycle_stage": STAGES,
    "tier": TIERS | {REST: Words("standard", "普通")},
    "usage": {en: Words(en, zh) for en, zh in zip(USES, ("未使用", "轻度", "中度", "重度"), strict=True)},
    "tenure": {en: Words(en, zh) for en, zh in zip(TENURES, _TENURES_ZH, strict=True)},
}


def segment_words(segmentation: str, segment: str, names: ValueNames = SHIPPED) -> Words:
    """Say a segment: by the name that values have, else by that of the classes which are computed.

    >>> segment_words("tier", "gold").zh, segment_words("industry", "retail").zh, segment_words("region", "north").en
    ('黄金', '零售', 'north')
    """
    computed = SEGMENTS.get(segmentation, {}).get(segment)
    return names.find(segment, segmentation) or computed or Words(segment, segment)
