"""Reports on tables: measures of groups of records, and of all."""

from .layout import table_lines
from .measures import COUNT, measured
from .reading import TableError, read_table

TOTAL = "total"
NAMELESS = "(none)"


def report(text: str, group_by: str, measures: list[str] | None = None, separator: str = ",") -> list[str]:
    """Return the lines of a table with one row for each group of records, and one for all.

    Args:
        text: of the records, with a header.
        group_by: the column whose text, in whatever case, makes records belong together.
        measures: `count`, or the name of a measure and a column, such as `sum price`; if there are none, `count`.
        separator: between fields.

    Raises:
        TableError: the text is no such table, or lacks a column, or a measure is not possible.
    """
    records = read_table(text, separator)
    wanted = list(measures or [COUNT])
    for column in [group_by, *(measure.partition(" ")[2] for measure in wanted if measure != COUNT)]:
        if records and column not in records[0]:
            raise TableError(f"there is no column {column}")
    groups = grouped(records, group_by)
    rows = [[name, *(measured(measure, group) for measure in wanted)] for name, group in groups]
    totals = [TOTAL, *(measured(measure, records) for measure in wanted)]
    return table_lines([group_by, *wanted], rows, totals)


def grouped(records: list[dict[str, str]], column: str) -> list[tuple[str, list[dict[str, str]]]]:
    """Return the groups of records, under their names as first written, in alphabetical order regardless of case."""
    names: dict[str, str] = {}
    groups: dict[str, list[dict[str, str]]] = {}
    for record in records:
        key = record[column].lower()
        names.setdefault(key, record[column] or NAMELESS)
        groups.setdefault(key, []).append(record)
    return [(names[key], groups[key]) for key in sorted(groups)]
