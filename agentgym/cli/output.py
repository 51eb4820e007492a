"""What the commands share: a backend that is closed again, JSON, and tables that fit a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentgym import plugins
from agentgym.sandbox import SandboxBackend

MOST_COLUMNS = 100


@contextmanager
def opened(name: str) -> Iterator[SandboxBackend]:
    """Open a backend by name and close it at the end.

    Raises:
        BackendUnavailable: it does not answer here.
    """
    backend = plugins.open_backend(name)
    try:
        yield backend
    finally:
        backend.close()


def print_json(value: object) -> None:
    """Print a result for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_rows(
    title: str, rows: Iterable[Sequence[str]], *, headings: Sequence[str] = (), numbers: bool = False
) -> None:
    """Print rows below a title, indented, the last column wrapped; no rows print nothing.

    Args:
        title: stands above them, unless empty.
        rows: their cells.
        headings: of the columns; none are printed if there are none.
        numbers: whether all columns but the first hold numbers, which stand to the right.
    """
    rows = list(rows)
    if not rows:
        return
    table = Table(box=None, pad_edge=False, show_header=bool(headings), title=title or None, title_justify="left")
    table.title_style, table.header_style = "bold", "dim"
    columns = len(rows[0])
    for column in range(columns):
        heading = headings[column] if headings else ""
        last = column == columns - 1
        side: Literal["left", "right"] = "right" if numbers and column else "left"
        first_heading = f"  {heading}" if column == 0 else heading
        table.add_column(first_heading, no_wrap=not last, overflow="fold", justify=side)
    for first, *others in rows:
        table.add_row(Text(f"  {first}"), *map(Text, others))
    target = console()
    with target.capture() as drawn:
        target.print(table)
    # Whoever reads a pipe or selects a line wants no blanks at its end.
    for line in drawn.get().splitlines():
        print(line.rstrip())


def console() -> Console:
    """Return a console on standard output; its lines are short enough to read, also in a pipe."""
    found = Console(highlight=False)
    return Console(highlight=False, width=min(found.width, MOST_COLUMNS) if found.is_terminal else MOST_COLUMNS)
