"""Texts of measured points, one in each line."""

from typing import Any

from .points import COMMENT_MARK, Point


class LineError(ValueError):
    """A line is no point; `number` is that of the line, from 1."""

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(f"line {number}: {problem}")
        self.number = number


def read_points(text: str) -> list[dict[str, Any]]:
    """Return `name`, `tags`, `fields` and `time` (None if there is none) of each point.

    Raises:
        LineError: a line that is neither empty nor a comment is no point.
    """
    return [vars(point) for point in points_of(text)]


def compact(text: str) -> str:
    """Return the same points in fewer lines: those of the same name, tags and time are put into the first one.

    Later values of a field replace earlier ones. Points are sorted by time, those without one last, and otherwise stay
    in order.

    Raises:
        LineError: a line that is neither empty nor a comment is no point.
    """
    merged: list[Point] = []
    for point in points_of(text):
        first = next((other for other in merged if other.series() == point.series()), None)
        if first is None:
            merged.append(point)
        else:
            first.fields.update(point.fields)
    merged.sort(key=lambda point: (point.time is None, point.time or 0))
    return "\n".join(point.line() for point in merged)


def points_of(text: str) -> list[Point]:
    """Return the points of all lines, in order."""
    points: list[Point] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith(COMMENT_MARK):
            continue
        try:
            points.append(Point.read(line))
        except ValueError as error:
            raise LineError(number, str(error)) from error
    return points
