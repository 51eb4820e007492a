"""Tables of text."""

GAP = "  "
RULE = "-"


def table_lines(header: list[str], rows: list[list[str]], last: list[str]) -> list[str]:
    """Return the lines of a table: header, rule, rows, and if there are rows, another rule and the last row.

    The first column is aligned to the left, all others to the right; no line has white space at its end.
    """
    lines = [header, *rows, last] if rows else [header]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = GAP.join(RULE * width for width in widths)
    first, *others = [line_of(cells, widths) for cells in lines]
    return [first, rule, *others[:-1], rule, others[-1]] if rows else [first, rule]


def line_of(cells: list[str], widths: list[int]) -> str:
    """Return one line of a table."""
    first = cells[0].ljust(widths[0])
    others = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return GAP.join([first, *others]).rstrip()
