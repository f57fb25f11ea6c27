"""Lays out the growth chart: who came above the line, who left below it. The dashboard draws it as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.overview import Day

_STEP, _GAP, _HEIGHT = 12, 3, 100


@dataclass(frozen=True)
class Bar:
    """One rectangle, in the chart's own units."""

    x: int
    y: float
    width: int
    height: float
    kind: str


@dataclass(frozen=True)
class Chart:
    """All rectangles and the line they stand on; `top` and `bottom` are the values at the edges."""

    width: int
    height: int
    axis: float
    bars: list[Bar]
    top: int
    bottom: int


def growth_chart(days: Sequence[Day]) -> Chart:
    """Lay out the days. Both directions share one scale, so that a bar twice as long means twice as many people."""
    top, bottom = max((day.new for day in days), default=0), max((day.left for day in days), default=0)
    unit = _HEIGHT / max(1, top + bottom)
    axis = top * unit if top or bottom else _HEIGHT
    bars = []
    for number, day in enumerate(days):
        x = number * _STEP + _GAP // 2
        if day.new:
            bars.append(Bar(x, round(axis - day.new * unit, 2), _STEP - _GAP, round(day.new * unit, 2), "new"))
        if day.left:
            bars.append(Bar(x, round(axis, 2), _STEP - _GAP, round(day.left * unit, 2), "left"))
    return Chart(len(days) * _STEP, _HEIGHT, round(axis, 2), bars, top, bottom)
