"""The curves of a training run as pictures: SVG that follows the reader's light or dark, and PNG."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, PercentFormatter

from agentgym.trainers.outcome.charts import MOST_LINES, Chart, Line
from agentgym.trainers.record.history import History, Series

INCHES = (5.6, 3.0)
# Of a label, as a share of the axes.
LINE_HEIGHT = 0.085
# Okabe and Ito's colours, told apart by the colour-blind too: darkened where white is behind them, and lightened on
# black. The first two are of the axes and the grid.
LIGHT = ("#1f2328", "#d0d7de", "#0072b2", "#c04f00", "#007a58", "#a3457f", "#806000", "#57606a")
DARK = ("#e6edf3", "#3d444d", "#56b4e9", "#f09a4a", "#2cc295", "#e59bc4", "#e0c341", "#9da7b1")
PALETTE = [f"--curve-{number}" for number in range(len(LIGHT))]
STYLE: dict[Any, Any] = {
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 10,
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": LIGHT[1],
    "axes.labelcolor": LIGHT[0],
    "text.color": LIGHT[0],
    "xtick.color": LIGHT[0],
    "ytick.color": LIGHT[0],
    "ytick.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": LIGHT[1],
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "savefig.dpi": 160,
}


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
    with mpl.rc_context({**STYLE, "svg.hashsalt": chart.name}):
        figure = Figure(figsize=INCHES, layout="constrained")
        axes = figure.add_subplot()
        ends = [
            _draw_line(axes, series, LIGHT[2 + number % MOST_LINES], _window(chart, history))
            for number, (_, series) in enumerate(found)
        ]
        _finish(axes, chart, found, history)
        if len(chart.lines) > 1:
            _label_ends(axes, [line.label for line, _ in found], ends)
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / f"{chart.name}.png", facecolor="white")
        svg = io.StringIO()
        figure.savefig(svg, format="svg", transparent=True, metadata={"Date": None})
    picture = Picture(chart, _themed(svg.getvalue(), chart.name), _told(chart, found))
    (folder / f"{chart.name}.svg").write_text(_standing_alone(picture.svg), encoding="utf-8")
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


def _label_ends(axes: Axes, labels: Sequence[str], ends: Sequence[float]) -> None:
    """Write each line's name right of its end, apart from one another."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]  # axes of a figure of ours
    to_share = axes.transData + axes.transAxes.inverted()
    order = sorted(range(len(ends)), key=lambda i: ends[i])
    heights = _apart([float(to_share.transform((1, ends[i]))[1]) for i in order])
    for i, height in zip(order, heights, strict=True):
        colour = LIGHT[2 + i % MOST_LINES]
        axes.annotate(labels[i], (1.01, height), xycoords="axes fraction", color=colour, va="center", fontsize=9.5)


def _apart(heights: Sequence[float]) -> list[float]:
    """Return rising heights moved apart by a line of text, none above the axes."""
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + LINE_HEIGHT) if moved else height)
    highest = 1 + LINE_HEIGHT
    for i in reversed(range(len(moved))):
        highest = moved[i] = min(moved[i], highest - LINE_HEIGHT)
    return moved


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


def _themed(svg: str, name: str) -> str:
    """Return an SVG for a page: colours by name, as wide as its place, with ids that are no other picture's."""
    svg = svg[svg.index("<svg") :]
    for variable, colour in zip(PALETTE, LIGHT, strict=True):
        svg = svg.replace(colour, f"var({variable})")
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(
        r'^<svg[^>]*viewBox="([^"]*)"[^>]*>',
        r'<svg xmlns="http://www.w3.org/2000/svg" '
        r'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="\1" aria-hidden="true">',
        svg,
    )
    return re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)


def theme() -> str:
    """Return the style rules that give the colours' names a meaning, light and dark."""
    light, dark = (
        "; ".join(f"{name}: {colour}" for name, colour in zip(PALETTE, colours, strict=True))
        for colours in (LIGHT, DARK)
    )
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def _standing_alone(svg: str) -> str:
    return svg.replace(">", f"><style>{theme()}</style>", 1) + "\n"
