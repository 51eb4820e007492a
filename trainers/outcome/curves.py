"""The curves of a training run as pictures: SVG that follows the reader's light or dark, and PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, PercentFormatter

from agentgym.pages.drawing import drawn, label_ends, standing_alone, svg_of
from agentgym.pages.palette import CURVES, LIGHT
from agentgym.trainers.outcome.charts import MOST_LINES, Chart, Line
from agentgym.trainers.record.history import History, Series


@dataclass(frozen=True)
class Picture:
    """A picture that was drawn.

    Attributes:
        chart: what of.
        svg: to put into a page.
        told: what is seen, in words.
    """

    chart: Chart
    svg: str
    told: str


def draw(chart: Chart, history: History, folder: Path) -> Picture | None:
    """Draw a chart into a folder, as PNG and SVG; None where nothing of it was logged."""
    found = [(line, series) for line in chart.lines if (series := history.series(line.name)).values]
    if not found:
        return None
    with drawn(chart.name) as (figure, axes):
        ends = [
            _draw_line(axes, series, CURVES[number % MOST_LINES], _window(chart, history))
            for number, (_, series) in enumerate(found)
        ]
        _finish(axes, chart, found, history)
        if len(chart.lines) > 1:
            label_ends(axes, [line.label for line, _ in found], ends)
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / f"{chart.name}.png", facecolor="white")
        picture = Picture(chart, svg_of(figure, chart.name), _told(chart, found))
    (folder / f"{chart.name}.svg").write_text(standing_alone(picture.svg), encoding="utf-8")
    return picture


def _window(chart: Chart, history: History) -> int:
    return 0 if chart.stepped else history.window


def _draw_line(axes: Axes, series: Series, colour: str, window: int) -> float:
    """Draw one line and return where it ends; without a window it goes in steps from value to value."""
    marker = "o" if len(series.steps) == 1 else None
    if not window:
        axes.step(series.steps, series.values, color=colour, where="post", marker=marker)
        return series.values[-1]
    smooth = series.smoothed(window)
    axes.plot(series.steps, series.values, ".", color=colour, alpha=0.45, markersize=5, markeredgewidth=0)
    axes.plot(series.steps, smooth, color=colour, solid_capstyle="round", marker=marker)
    return smooth[-1]


def _finish(axes: Axes, chart: Chart, found: Sequence[tuple[Line, Series]], history: History) -> None:
    axes.set_xlabel("update")
    axes.set_ylabel(chart.unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    first, last = min(history.rows), max(history.rows)
    axes.set_xlim(first - 0.5, max(last, first + 1) + 0.5)
    lowest = min(min(series.values) for _, series in found)
    highest = max(max(series.values) for _, series in found)
    if chart.log and lowest > 0:
        axes.set_yscale("log")
        # In an SVG whose text is text, matplotlib's own labels would show their markup.
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    elif chart.share:
        top = 1 if highest > 0.5 else max(0.05, highest * 1.3)
        axes.set_ylim(-0.02 * top, 1.02 * top)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    elif lowest >= 0:
        axes.set_ylim(0, highest * 1.08 or 1)
    if chart.stepped:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    for name, limit in chart.limits.items():
        if axes.get_ylim()[0] <= limit <= 1.5 * axes.get_ylim()[1]:
            axes.axhline(limit, color=LIGHT[0], linewidth=0.9, linestyle=(0, (4, 3)))
            axes.annotate(name, (0, limit), (2, 3), axes.get_yaxis_transform(), "offset points", fontsize=9)
    _mark_broken(axes, found)


def _mark_broken(axes: Axes, found: Sequence[tuple[Line, Series]]) -> None:
    """Mark below the axis the updates at which something was not a number."""
    for step in sorted({step for _, series in found for step in series.broken}):
        axes.annotate("×", (step, 0.01), xycoords=axes.get_xaxis_transform(), ha="center", fontweight="bold")


def _told(chart: Chart, found: Sequence[tuple[Line, Series]]) -> str:
    """Return what is seen, for those who do not see it: where each line begins and ends, and between what it moves."""
    number = "{:.0%}" if chart.share else "{:.3g}"
    parts = []
    for line, series in found:
        first, last, low, high = (
            number.format(value)
            for value in (series.values[0], series.values[-1], min(series.values), max(series.values))
        )
        parts.append(f"{line.label}: from {first} to {last}, lowest {low}, highest {high}")
    return "; ".join(parts) + "."
