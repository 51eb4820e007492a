"""Months such as `2024-11`."""

import re

MONTHS_A_YEAR = 12


def month_number(month: str) -> int:
    """Return the number of a month, counted through the years.

    Raises:
        ValueError: the text is no month.
    """
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", month)
    if found is None:
        raise ValueError(f"not a month: {month}")
    return int(found[1]) * MONTHS_A_YEAR + int(found[2]) - 1


def months_from(first: str, last: str) -> list[str]:
    """Return all months from the first to the last one, both included; none if the last one is earlier.

    Raises:
        ValueError: a text is no month.
    """
    numbers = range(month_number(first), month_number(last) + 1)
    return [f"{number // MONTHS_A_YEAR:04d}-{number % MONTHS_A_YEAR + 1:02d}" for number in numbers]
