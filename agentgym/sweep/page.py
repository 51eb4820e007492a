"""The page of a sweep: one HTML file that needs no network."""

from __future__ import annotations

from pathlib import Path

from agentgym.pages.template import render
from agentgym.rollout.folder import explained, write_atomically
from agentgym.sweep.numbers import SweepNumbers
from agentgym.sweep.tables import left_out, sentences, tables

TEMPLATE = "page.html.jinja"


def page(numbers: SweepNumbers) -> str:
    """Return the page.

    Raises:
        UsageError: what draws it is not installed.
    """
    return render(
        TEMPLATE,
        folder=Path(__file__).parent,
        kind="sweep",
        name=numbers.name,
        warnings=numbers.warnings,
        numbers=numbers,
        sentences=sentences(numbers),
        tables=tables(numbers),
        left_out=left_out(numbers),
    )


def write_page(numbers: SweepNumbers, file: Path) -> None:
    """Write the page whole or not at all.

    Raises:
        UsageError: what draws it is not installed.
        StoreError: it cannot be written.
    """
    html = page(numbers)
    with explained(file.parent):
        write_atomically(file, html)
