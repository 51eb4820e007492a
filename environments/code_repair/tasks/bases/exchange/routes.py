"""The way from one currency to another, through others where there is no quote."""

from .quotes import Quotes


class NoRoute(LookupError):
    """Two currencies that no chain of quotes connects."""


def find_route(quotes: Quotes, source: str, target: str) -> list[str]:
    """Return the shortest chain of currencies from source to target, both included.

    Of several, it is the one that comes first in alphabetical order, currency by currency.

    Raises:
        NoRoute: there is none.
    """
    came_from: dict[str, str | None] = {source: None}
    waiting = [source]
    while waiting and target not in came_from:
        current = waiting.pop(0)
        for neighbour in quotes.neighbours(current):
            if neighbour not in came_from:
                came_from[neighbour] = current
                waiting.append(neighbour)
    if target not in came_from:
        raise NoRoute(f"from {source} to {target}")
    route: list[str] = []
    step: str | None = target
    while step is not None:
        route.append(step)
        step = came_from[step]
    return route[::-1]
