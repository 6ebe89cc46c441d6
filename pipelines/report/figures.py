"""Pictures of how good a model is, each as an interactive page that opens offline and as PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from pipelines.report.style import colour_of, dashes_of, styled

if TYPE_CHECKING:
    import pandas as pd


def judgement_figures(test: pd.DataFrame, families: list[str], best: str) -> dict[str, tuple[str, bytes]]:
    """Draw the gain curve and the reliability curve of the test slice.

    Parameters
    ----------
    test
        ``churned`` and one probability column a family.
    families
        The columns to draw.
    best
        The one in the accent colour.

    Returns
    -------
    dict
        Name of the figure to its page (HTML) and its picture (PNG).
    """
    charts = {"gain": _gain(test, families, best), "calibration": _calibration(test, best)}
    return {name: (_page(chart), _picture(chart)) for name, chart in charts.items()}


def _gain(test: pd.DataFrame, families: list[str], best: str) -> Any:
    import pandas as pd

    from evaluation.model.ranking import gain_curve

    curves = pd.concat([gain_curve(test["churned"], test[family]).assign(model=family) for family in families])
    share, recall = "share", "recall"
    at_tenth = _recall_at(curves[curves["model"] == best], share, recall, 0.1)
    lines = (
        alt.Chart(curves)
        .mark_line()
        .encode(
            x=alt.X(f"{share}:Q", title="customers contacted, riskiest first", axis=alt.Axis(format="%")),
            y=alt.Y(f"{recall}:Q", title="leavers among them", axis=alt.Axis(format="%")),
            color=alt.Color(
                "model:N",
                scale=alt.Scale(domain=families, range=[colour_of(family, best) for family in families]),
                legend=alt.Legend(orient="bottom-right", title=None),
            ),
            strokeDash=alt.StrokeDash(
                "model:N", legend=None, scale=alt.Scale(domain=families, range=dashes_of(families, best))
            ),
            tooltip=["model", alt.Tooltip(share, format=".1%"), alt.Tooltip(recall, format=".1%")],
        )
    )
    chance = alt.Chart(pd.DataFrame({share: [0, 1], recall: [0, 1]})).mark_line(color="#cbd5e0", strokeDash=[2, 4])
    chance = chance.encode(x=f"{share}:Q", y=f"{recall}:Q")
    title = f"The riskiest 10 % hold {at_tenth:.0%} of those who left"
    return styled((chance + lines).properties(title=alt.Title(title, subtitle=f"{best}; dotted: contacting at random")))


def _recall_at(curve: pd.DataFrame, share: str, recall: str, wanted: float) -> float:
    import numpy as np

    return float(np.interp(wanted, curve[share], curve[recall]))


def _calibration(test: pd.DataFrame, best: str) -> Any:
    import pandas as pd

    from evaluation.model.calibration import calibration_slope, reliability_curve

    curve = reliability_curve(test["churned"], test[best])
    top = float(max(curve["high"].max(), curve["mean_probability"].max()))
    line = alt.Chart(pd.DataFrame({"x": [0, top], "y": [0, top]})).mark_line(color="#cbd5e0", strokeDash=[2, 4])
    base = alt.Chart(curve).encode(x=alt.X("mean_probability:Q", title="said", axis=alt.Axis(format="%")))
    bars = base.mark_rule(color=colour_of(best, best), opacity=0.5).encode(
        y=alt.Y("low:Q", title="happened", axis=alt.Axis(format="%")), y2="high:Q"
    )
    points = base.mark_circle(color=colour_of(best, best), size=70, opacity=1).encode(
        y="observed_share:Q",
        tooltip=[alt.Tooltip("mean_probability", format=".1%"), alt.Tooltip("observed_share", format=".1%"), "rows"],
    )
    slope = calibration_slope(test["churned"], test[best])
    subtitle = f"{best}; slope {slope:.2f} (1 is perfect), bars are 95 % intervals"
    title = alt.Title("What the model says against what happened", subtitle=subtitle)
    return styled((line.encode(x="x:Q", y="y:Q") + bars + points).properties(title=title))


def _page(chart: Any) -> str:
    """A page that loads nothing from outside."""
    import vl_convert

    return str(vl_convert.vegalite_to_html(chart.to_dict(), bundle=True))


def _picture(chart: Any) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(chart.to_dict(), scale=2))
