"""pass@k and pass^k of several policies against k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.ticker import FixedLocator, PercentFormatter

from agentgym.pages.comparison_size import INCHES
from agentgym.pages.drawing import drawn, svg_of
from agentgym.pages.palette import CURVES
from agentgym.report.passes import Passes
from agentgym.report.summary import Interval


def pass_curves(name: str, runs: Mapping[int, Sequence[Passes]], markers: Sequence[str]) -> str:
    """Return a plot as SVG: whole lines for pass@k, dashed ones for pass^k.

    Args:
        name: of the picture.
        runs: what each came to, by its number among the colours.
        markers: of runs, by that number.
    """
    with drawn(name) as (figure, axes):
        figure.set_size_inches(INCHES)
        for number, found in runs.items():
            colour, marker = CURVES[number % len(CURVES)], markers[number % len(markers)]
            tries = [each.k for each in found]
            for values, intervals, line in (
                ([each.any for each in found], [each.any_interval for each in found], "-"),
                ([each.all for each in found], [each.all_interval for each in found], (0, (4, 2))),
            ):
                bars = _reach(values, intervals)
                axes.errorbar(
                    tries, values, bars, color=colour, marker=marker, linestyle=line, elinewidth=0.9, markersize=6
                )
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(FixedLocator(sorted({each.k for found in runs.values() for each in found})))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
        axes.set_xlabel("tries k")
        axes.set_ylabel("tasks")
        return svg_of(figure, name)


def _reach(values: Sequence[float], intervals: Sequence[Interval]) -> tuple[list[float], list[float]]:
    """Return how far intervals reach below and above their values."""
    pairs = list(zip(values, intervals, strict=True))
    below = [max(0.0, value - interval.low) for value, interval in pairs]
    return below, [max(0.0, interval.high - value) for value, interval in pairs]
