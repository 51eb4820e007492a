"""What the programs of simple tickets must print for hidden logs."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from agentgym.environments.linux_config.families.text_tools.cases import (
    Case,
    client,
    cut,
    message,
    moments,
    read_in_three_ways,
    request,
    text,
)
from agentgym.environments.linux_config.names import PEOPLE

EMPTY = [b""]


def top_clients(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """The clients with the most requests, most first, then by address."""
    top = params["top"]
    counts = [
        rng.randrange(101, 120),
        *rng.sample(range(10, 60), top),
        9,
        8,
        *(rng.randrange(1, 8) for _ in range(top)),
    ]
    clients = [client(rng) for _ in counts]
    lines = [request(rng, address, 200) for address, count in zip(clients, counts, strict=True) for _ in range(count)]
    rng.shuffle(lines)
    few = [request(rng, address, 200) for address in clients[:2]]
    return [
        *read_in_three_ways(rng, cut(rng, lines, 3), _top(lines, top)),
        *read_in_three_ways(rng, [text(few)], _top(few, top), edge=True)[:1],
        *read_in_three_ways(rng, EMPTY, b"", edge=True)[:2],
    ]


def _top(lines: list[str], top: int) -> bytes:
    counts = Counter(line.split()[0] for line in lines)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))
    return text([f"{count} {address}" for address, count in ranked[:top]])


def status_class(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """How many requests ended with a status of a class."""
    first = params["first"]
    every = (200, 204, 301, 304, 400, 403, 404, 429, 499, 500, 501, 502, 503, 504, 599, 600, 999)
    lines = [request(rng, client(rng), rng.choice(every)) for _ in range(rng.randrange(60, 200))]
    lines += [request(rng, client(rng), first + number) for number in (0, 1, 99)]
    count = sum(first <= int(line.split()[8]) < first + 100 for line in lines)
    other = [request(rng, client(rng), 206) for _ in range(5)]
    return [
        *read_in_three_ways(rng, cut(rng, lines, 2), text([str(count)])),
        *read_in_three_ways(rng, [text(other)], b"0\n", edge=True)[:1],
        *read_in_three_ways(rng, EMPTY, b"0\n", edge=True)[:2],
    ]


def any_case(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """How many lines hold a word, in capitals or not."""
    word = params["word"]
    forms = (word, word.upper(), word.title(), f"x{word}y")
    lines = [message(rng, *forms, *forms) for _ in range(rng.randrange(50, 150))] + [word, word.upper(), word.title()]
    count = sum(word in line.lower() for line in lines)
    return [
        *read_in_three_ways(rng, cut(rng, lines, 3), text([str(count)])),
        *read_in_three_ways(rng, EMPTY, b"0\n", edge=True)[:2],
    ]


def errors_per_hour(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """How many lines of one level there are in each hour that has any."""
    level = params["level"]
    levels = (level, level, "INFO", "DEBUG", "WARN", f"{level}S", level.lower())
    lines = [
        f"{when.isoformat()} {rng.choice(levels)} {message(rng, level, level)}"
        for when in moments(rng, rng.randrange(100, 300), step_s=4000)
    ]
    parts = cut(rng, lines, 3)
    rng.shuffle(parts)
    hours = Counter(line[:13].replace("T", " ") for line in lines if line.split(" ")[1] == level)
    wanted = text([f"{hour} {count}" for hour, count in sorted(hours.items())])
    return [*read_in_three_ways(rng, parts, wanted), *read_in_three_ways(rng, EMPTY, b"", edge=True)]


def by_account(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """How many actions each account has, by the names that a second file gives them."""
    numbers = rng.sample(range(1000, 99_999), 12)
    names = dict(zip(numbers[:9], rng.sample(PEOPLE, 9), strict=True))
    table = [f"{number}:{name}:{message(rng)}" for number, name in names.items()]
    rng.shuffle(table)
    used = numbers[2:]
    log = [f"{when.isoformat()} {rng.choice(used)} {message(rng)}" for when in moments(rng, 80, step_s=900)]
    counts = Counter(names.get(int(line.split(" ")[1]), f"?{line.split(' ')[1]}") for line in log)
    wanted = text([f"{name} {count}" for name, count in sorted(counts.items())])
    files = {"who is who.txt": text(table), "log": text(log), "none": b""}
    argv = ("{folder}/who is who.txt", "{folder}/log")
    unknown = text(
        [f"?{number} {count}" for number, count in sorted(Counter(line.split(" ")[1] for line in log).items())]
    )
    return [
        Case("two files", argv, wanted, files),
        Case("in the current folder", ("who is who.txt", "log"), wanted, files, inside=True),
        Case("an empty log", (argv[0], "{folder}/none"), b"", files),
        Case("nobody is known", ("{folder}/none", argv[1]), unknown, files),
    ]


def once(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """Each line once, where it is first."""
    pool = [message(rng) for _ in range(40)]
    lines = [rng.choice((*pool, "", " ", pool[0] + " ", pool[1].upper())) for _ in range(300)]
    wanted = text(list(dict.fromkeys(lines)))
    return [*read_in_three_ways(rng, cut(rng, lines, 3), wanted), *read_in_three_ways(rng, EMPTY, b"", edge=True)]
