"""Finding of the route for a request, and of the address for a route."""

from typing import Any

from .patterns import Pattern
from .quoting import encode, parse_query

METHOD_SEPARATOR = "|"


class NotFoundError(LookupError):
    """No route has this path, or this name."""


class MethodNotAllowedError(LookupError):
    """Routes have this path, but for other methods; `allowed` are those, in alphabetical order."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = allowed


def find_route(routes: list[list[str]], method: str, url: str) -> dict[str, Any]:
    """Return the name of the route for a request, the values of its placeholders, and the query.

    Args:
        routes: triples [methods, pattern, name]; methods such as `GET|POST`.
        method: of the request.
        url: its path, with or without `?query` and `#fragment`.

    Raises:
        PatternError: a pattern breaks a rule.
        NotFoundError: no pattern matches.
        MethodNotAllowedError: patterns match, but not for this method.
    """
    path, _, query = url.partition("#")[0].partition("?")
    found: list[tuple[list[int], int, dict[str, Any]]] = []
    allowed: set[str] = set()
    for number, (methods, text, name) in enumerate(routes):
        pattern = Pattern(text)
        values = pattern.match(path)
        if values is None:
            continue
        accepted = methods.split(METHOD_SEPARATOR)
        allowed.update(accepted)
        if method in accepted or (method == "HEAD" and "GET" in accepted):
            found.append((pattern.rank, number, {"name": name, "values": values, "query": parse_query(query)}))
    if not allowed:
        raise NotFoundError(path)
    if not found:
        raise MethodNotAllowedError(sorted(allowed))
    return min(found, key=lambda item: item[:2])[2]


def build_url(routes: list[list[str]], name: str, values: dict[str, int | str], query: dict[str, list[str]]) -> str:
    """Return the address of the first route of a name, the names of the query in alphabetical order.

    Raises:
        PatternError: its pattern breaks a rule.
        NotFoundError: there is no such route.
        KeyError: a value is missing.
        ValueError: a value does not fit.
    """
    pattern = next((pattern for _, pattern, candidate in routes if candidate == name), None)
    if pattern is None:
        raise NotFoundError(name)
    pairs = [f"{encode(key)}={encode(text)}" for key, texts in sorted(query.items()) for text in texts]
    path = Pattern(pattern).fill(values)
    return f"{path}?{'&'.join(pairs)}" if pairs else path
