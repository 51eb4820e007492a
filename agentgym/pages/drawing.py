"""Pictures of pages: matplotlib's SVG, whose text is text and whose colours follow the reader's light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agentgym.pages.palette import CURVES, LIGHT, PALETTE, theme

INCHES = (5.6, 3.0)
# Of a label, as a share of the axes.
LINE_HEIGHT = 0.085
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


@contextmanager
def drawn(name: str) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure and its axes to draw on; the same drawing of the same name is the same SVG.

    Only within may the figure be drawn or saved: the style holds no longer.
    """
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=INCHES, layout="constrained")
        yield figure, figure.add_subplot()


def svg_of(figure: Figure, name: str) -> str:
    """Return a figure as SVG for a page: colours by name, as wide as its place, with ids that are no other picture's.

    Colours other than those of the palette stay as they are, light and dark.

    Args:
        figure: drawn within `drawn`.
        name: differs from those of all other pictures of the page.
    """
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = written.getvalue()
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


def standing_alone(svg: str) -> str:
    """Return the SVG of a page as a file of its own."""
    return svg.replace(">", f"><style>{theme()}</style>", 1) + "\n"


def label_ends(axes: Axes, labels: Sequence[str], ends: Sequence[float]) -> None:
    """Write each line's name right of its end, apart from one another, in the colours of the palette in turn."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]  # axes of a figure of ours
    to_share = axes.transData + axes.transAxes.inverted()
    order = sorted(range(len(ends)), key=lambda i: ends[i])
    heights = _apart([float(to_share.transform((1, ends[i]))[1]) for i in order])
    for i, height in zip(order, heights, strict=True):
        colour = CURVES[i % len(CURVES)]
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
