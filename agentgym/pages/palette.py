"""The colours of the pages and of the pictures in them, light and dark."""

from __future__ import annotations

# Okabe and Ito's colours, told apart by the colour-blind too: darkened where white is behind them, and lightened on
# black. The first two are of the axes and the grid.
LIGHT = ("#1f2328", "#d0d7de", "#0072b2", "#c04f00", "#007a58", "#a3457f", "#806000", "#57606a")
DARK = ("#e6edf3", "#3d444d", "#56b4e9", "#f09a4a", "#2cc295", "#e59bc4", "#e0c341", "#9da7b1")
PALETTE = [f"--curve-{number}" for number in range(len(LIGHT))]
# What a chart's lines have to share.
CURVES = LIGHT[2:]


def theme() -> str:
    """Return the style rules that give the colours' names a meaning, light and dark."""
    light, dark = (
        "; ".join(f"{name}: {colour}" for name, colour in zip(PALETTE, colours, strict=True))
        for colours in (LIGHT, DARK)
    )
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
