"""Success against what it takes, and the policies that no other beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, PercentFormatter
from matplotlib.transforms import Bbox

from agentgym.pages.comparison_size import INCHES
from agentgym.pages.drawing import drawn, svg_of
from agentgym.pages.palette import CURVES, LIGHT
from agentgym.report.summary import Interval

# A scale that begins at nothing would press together what spans more than this.
WIDEST_LINEAR = 12
# Places of a name around its point, in points of type, the best first.
PLACES = [(9, 0), (-9, 0), (0, 9), (0, -9), (9, 9), (-9, 9), (9, -9), (-9, -9), (9, 20), (-9, 20), (9, -20), (-9, -20)]


class Point(NamedTuple):
    """One policy.

    Attributes:
        label: its name.
        x: what it takes.
        x_interval: of that, where known; an end may be infinite.
        y: its success, 0 to 1.
        y_interval: of that.
        colour: its number in the palette's curves.
        marker: as matplotlib names them.
    """

    label: str
    x: float
    x_interval: Interval | None
    y: float
    y_interval: Interval | None
    colour: int
    marker: str


def frontier(name: str, points: Sequence[Point], *, unit: str, prefix: str = "") -> str:
    """Return a plot as SVG: points with their intervals and names, and the front as a dashed line.

    Args:
        name: of the picture.
        points: at least one.
        unit: of the horizontal axis.
        prefix: of its numbers, as `$`.
    """
    with drawn(name) as (figure, axes):
        figure.set_size_inches(INCHES)
        _scale(axes, points)
        front = pareto(points)
        right = axes.get_xlim()[1]
        axes.step(
            [point.x for point in front] + [right], [point.y for point in front] + [front[-1].y],
            where="post", color=LIGHT[-1], linewidth=1.2, linestyle=(0, (5, 3)), zorder=1,
        )  # fmt: skip
        for point in points:
            _draw(axes, point)
        axes.grid(axis="both")
        axes.set_xlabel(unit)
        axes.set_ylabel("success")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{prefix}{value:.12g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        _label(axes, points, front)
        return svg_of(figure, name)


def pareto(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other beats: none has more success for as little, or as much for less."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.x, -point.y)):
        if not front or point.y > front[-1].y:
            front.append(point)
    return front


def _scale(axes: Axes, points: Sequence[Point]) -> None:
    ends = [end for point in points for end in _ends(point.x, point.x_interval) if isfinite(end)]
    low, high = min(ends), max(ends)
    # One point with a far end must not press the others together.
    high = min(high, 4 * max(point.x for point in points)) or 1.0
    if low > 0 and high / low > WIDEST_LINEAR:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.3, high * 1.3)
    else:
        axes.set_xlim(0, high * 1.1)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    top = min(1.0, max(max(_ends(point.y, point.y_interval)) for point in points) * 1.2) or 0.05
    axes.set_ylim(-0.03 * top, 1.04 * top)


def _ends(value: float, interval: Interval | None) -> tuple[float, ...]:
    return (value,) if interval is None else (value, interval.low, interval.high)


def _draw(axes: Axes, point: Point) -> None:
    colour = CURVES[point.colour % len(CURVES)]
    right = axes.get_xlim()[1]
    if point.x_interval is not None:
        axes.hlines(point.y, point.x_interval.low, min(point.x_interval.high, right), color=colour, linewidth=1.2)
        if point.x_interval.high > right:
            axes.plot(right, point.y, marker=">", color=colour, markersize=5, clip_on=False)
    if point.y_interval is not None:
        axes.vlines(point.x, point.y_interval.low, point.y_interval.high, color=colour, linewidth=1.2)
    axes.plot(point.x, point.y, marker=point.marker, color=colour, markersize=8)


def _label(axes: Axes, points: Sequence[Point], front: Sequence[Point]) -> None:
    """Write each name where it hides least of the points, their intervals, the front and the other names."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]  # axes of a figure of ours
    taken = [box for point in points for box in _boxes(axes, point)]
    for point, above in zip(front, [*front[1:], None], strict=True):
        right = axes.get_xlim()[1] if above is None else above.x
        taken.append(_strip(axes, (point.x, point.y), (right, point.y)))
        if above is not None:
            taken.append(_strip(axes, (right, point.y), (right, above.y)))
    inside = axes.get_window_extent()
    for point in points:
        note = axes.annotate(
            point.label, (point.x, point.y), (0, 0), textcoords="offset points", fontsize=9.5,
            color=CURVES[point.colour % len(CURVES)],
        )  # fmt: skip
        note.set_in_layout(False)
        boxes = [_placed(note, place) for place in PLACES]
        hidden = [sum(_shared(box, other) for other in taken) + 20 * _outside(box, inside) for box in boxes]
        best = hidden.index(min(hidden))
        taken.append(_placed(note, PLACES[best]))


def _boxes(axes: Axes, point: Point) -> list[Bbox]:
    """Return what a point and its intervals cover, in pixels."""
    x, y = axes.transData.transform((point.x, point.y))
    boxes = [Bbox([[x - 7, y - 7], [x + 7, y + 7]])]
    if point.x_interval is not None:
        left, right = axes.get_xlim()
        ends = max(point.x_interval.low, left), min(point.x_interval.high, right)
        boxes.append(_strip(axes, (ends[0], point.y), (ends[1], point.y)))
    if point.y_interval is not None:
        boxes.append(_strip(axes, (point.x, point.y_interval.low), (point.x, point.y_interval.high)))
    return boxes


def _strip(axes: Axes, begin: tuple[float, float], end: tuple[float, float]) -> Bbox:
    """Return what a thin line that goes right or up covers, in pixels."""
    (x0, y0), (x1, y1) = axes.transData.transform([begin, end])
    return Bbox([[x0 - 3, y0 - 3], [x1 + 3, y1 + 3]])


def _placed(note: Annotation, place: tuple[int, int]) -> Bbox:
    """Move a name to a place and return what it covers there."""
    right, up = place
    note.xyann = place
    note.set_horizontalalignment("left" if right > 0 else "right" if right < 0 else "center")
    note.set_verticalalignment("bottom" if up > 0 else "top" if up < 0 else "center")
    return note.get_window_extent()


def _shared(one: Bbox, other: Bbox) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(0.0, width) * max(0.0, height))


def _outside(box: Bbox, inside: Bbox) -> float:
    return float(box.width * box.height) - _shared(box, inside)


def front_in_words(points: Sequence[Point]) -> str:
    """Return which policies are on the front, cheapest first."""
    front = pareto(points)
    names = [point.label for point in front]
    if len(front) == 1:
        return f"No other is better in either than {names[0]}."
    steps = "; ".join(f"{after.label} adds {after.y - before.y:.0%}" for before, after in pairwise(front))
    return f"From the least to the most that is worth its price: {names[0]} with {front[0].y:.0%}; {steps}."
