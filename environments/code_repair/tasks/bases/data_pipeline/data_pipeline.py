"""Pipelines that filter, change, sort and group rows."""

from typing import Any

from .errors import PipelineError
from .steps import Step, build
from .values import Row


def run(rows: list[Row], steps: list[list[Any]]) -> list[Row]:
    """Return what becomes of rows in a pipeline; the rows themselves are not changed.

    Args:
        rows: values by column; a column that is missing is like one with None.
        steps: each a name and its arguments: ["where", column, comparison, value],
            ["derive", new column, column, calculation, column or number],
            ["sort", column, "up" or "down"] ("up" may be left out), ["group", key column, aggregate, column],
            ["take", number], ["keep", columns].

    Raises:
        PipelineError: a step makes no sense, even if no row comes to it; tells its number.
    """
    pipeline: list[Step] = []
    for number, (name, *arguments) in enumerate(steps, start=1):
        try:
            pipeline.append(build(name, arguments))
        except PipelineError as error:
            raise PipelineError(str(error), number) from error
    for step in pipeline:
        rows = step(rows)
    return [dict(row) for row in rows]
