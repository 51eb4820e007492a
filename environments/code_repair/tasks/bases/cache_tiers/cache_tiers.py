"""What a cache of two tiers does with a list of commands."""

from typing import Any

from .cache import Cache


class CommandError(ValueError):
    """A command that the cache does not have."""


def replay(commands: list[str], store: dict[str, int], fast: int = 2, slow: int = 3) -> dict[str, Any]:
    """Return what a cache does with commands: `get KEY`, `put KEY VALUE` and `flush`.

    Args:
        commands: in order; words are separated by spaces.
        store: the values at first; it is not changed.
        fast: the size of the fast tier.
        slow: the size of the slow one.

    Returns:
        `answers`: the value of each `get`, or None. `counts`: how often a `get` found its value in `fast`, `slow`,
        `store` and `nowhere`. `written`: the keys written back, in order. `fast` and `slow`: the keys in the tiers,
        oldest first. `store`: its values at the end.

    Raises:
        CommandError: a command has another form, or its value is no whole number.
        ValueError: a tier holds nothing.
    """
    cache = Cache(fast, slow, store)
    answers: list[int | None] = []
    for command in commands:
        match command.split():
            case ["get", key]:
                answers.append(cache.get(key))
            case ["put", key, value]:
                cache.put(key, read_value(value))
            case ["flush"]:
                cache.flush()
            case _:
                raise CommandError(f"not a command: {command!r}")
    tiers = {"fast": cache.fast.keys(), "slow": cache.slow.keys()}
    return {"answers": answers, "counts": cache.counts, "written": cache.written, **tiers, "store": cache.store}


def read_value(text: str) -> int:
    """Return a whole number.

    Raises:
        CommandError: the text is none.
    """
    try:
        return int(text)
    except ValueError as error:
        raise CommandError(f"not a whole number: {text}") from error
