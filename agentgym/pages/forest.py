"""Forest plots: differences with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.ticker import MaxNLocator

from agentgym.pages.comparison_size import INCHES
from agentgym.pages.drawing import drawn, svg_of
from agentgym.pages.palette import CURVES, LIGHT
from agentgym.report.summary import Interval

ROW_INCHES = 0.52


class Difference(NamedTuple):
    """One row.

    Attributes:
        label: stands above its left end.
        figures: the same in digits, above its right end.
        value: the difference.
        interval: of it.
        colour: its number in the palette's curves.
        marker: as matplotlib names them.
    """

    label: str
    figures: str
    value: float
    interval: Interval
    colour: int
    marker: str


def forest(name: str, rows: Sequence[Difference], *, unit: str) -> str:
    """Return a forest plot as SVG, its first row on top; the line of no difference is drawn."""
    with drawn(name) as (figure, axes):
        figure.set_size_inches(INCHES[0], 0.75 + ROW_INCHES * len(rows))
        axes.axvline(0, color=LIGHT[0], linewidth=0.9, linestyle=(0, (4, 3)))
        for height, row in zip(reversed(range(len(rows))), rows, strict=True):
            colour = CURVES[row.colour % len(CURVES)]
            axes.hlines(height, row.interval.low, row.interval.high, color=colour, linewidth=2.2)
            axes.plot(row.value, height, marker=row.marker, color=colour, markersize=7)
            for x, side, text in ((0, "left", row.label), (1, "right", row.figures)):
                axes.annotate(
                    text, (x, height), (0, 7), axes.get_yaxis_transform(), "offset points", fontsize=9.5, ha=side
                ).set_in_layout(False)
        axes.set_ylim(-0.4, len(rows) - 0.3)
        widest = max(max(abs(row.interval.low), abs(row.interval.high)) for row in rows) or 1
        axes.set_xlim(-1.08 * widest, 1.08 * widest)
        axes.set_yticks([])
        axes.grid(axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7))
        axes.set_xlabel(unit)
        return svg_of(figure, name)
