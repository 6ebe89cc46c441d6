"""Settings of the measures that cannot be meant say what would be right."""

from pathlib import Path

import pytest

from pipelines.config import load_project
from pipelines.errors import ConfigError

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("measures.zone=Asia/Shangai", "unknown time zone 'Asia/Shangai'; nearest: 'Asia/Shanghai'"),
        ("measures.yardstick=sass", "yardstick 'sass' is not among measures.yardsticks; nearest: 'saas'"),
        ("measures.yardsticks.saas=[0.2, 0.1, year]", "yardstick 'saas' goes from 0.2 to 0.1"),
        ("measures.nodes.complaint=[30, 0]", "node 'complaint' goes from day 30 to day 0"),
        ("measures.rfm={recency_days: [7, 30, 90, 180]}", "rfm.frequency needs four limits that rise; given None"),
        (
            "measures.rfm={recency_days: [7, 30, 90, 9], frequency: [1, 2, 3, 4], monetary: [1, 2, 3, 4]}",
            "rfm.recency_days needs four limits that rise",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(setting, said):
    with pytest.raises(ConfigError) as refused:
        load_project(CONF, [setting])
    assert said in str(refused.value)
