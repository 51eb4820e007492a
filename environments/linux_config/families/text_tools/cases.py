"""Hidden inputs of a program, and what it must print for them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from agentgym.environments.linux_config.names import NOUNS, PEOPLE, VERBS

FOLDER = "{folder}"
ODD = ("ünder", "a\\b", "100%", "$HOME", "`x`", "it's", '"quoted"', "*", "-n", "a=b", "tab\there", "ERRORS", "#")


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        name: what is special about it.
        argv: arguments; `{folder}` stands for the folder of the files.
        wanted: what must be printed; None if the program must fail and print nothing.
        files: by their names in the folder.
        stdin: what the program reads.
        inside: it is run in the folder of the files, otherwise in `/`.
        edge: the program may have got this right before.
        program: other than the ticket's own.
        swaps: programs of root's that are replaced before.
    """

    name: str
    argv: tuple[str, ...]
    wanted: bytes | None
    files: Mapping[str, bytes] = field(default_factory=dict)
    stdin: bytes = b""
    inside: bool = False
    edge: bool = False
    program: str = ""
    swaps: Mapping[str, str] = field(default_factory=dict)


def read_in_three_ways(rng: random.Random, parts: Sequence[bytes], wanted: bytes, *, edge: bool = False) -> list[Case]:
    """Return the cases in which a program reads files, standard input, and files by names relative to their folder."""
    names = [f"{rng.choice(NOUNS)} {number}.log" for number in range(len(parts))]
    files = dict(zip(names, parts, strict=True))
    whole = tuple(f"{FOLDER}/{name}" for name in names)
    kind = "nothing" if edge else f"{len(parts)} files"
    return [
        Case(f"{kind} by name", whole, wanted, files, edge=edge),
        Case(f"{kind} on standard input", (), wanted, stdin=b"".join(parts), edge=edge),
        Case(f"{kind} in the current folder", tuple(names), wanted, files, inside=True, edge=edge),
    ]


def cut(rng: random.Random, lines: Sequence[str], pieces: int) -> list[bytes]:
    """Return the lines in so many files."""
    ends = sorted(rng.randrange(len(lines) + 1) for _ in range(pieces - 1))
    bounds = [0, *ends, len(lines)]
    return [text(lines[start:end]) for start, end in pairwise(bounds)]


def text(lines: Sequence[str], end: str = "\n") -> bytes:
    """Return lines as a file."""
    return "".join(f"{line}{end}" for line in lines).encode()


def client(rng: random.Random) -> str:
    """Return an address."""
    return ".".join(str(rng.randrange(1, 255)) for _ in range(4))


def message(rng: random.Random, *more: str) -> str:
    """Return a few words, odd ones among them, and sometimes many."""
    words = [rng.choice((*NOUNS, *VERBS, *PEOPLE, *ODD, *more)) for _ in range(rng.randrange(1, 7))]
    return " ".join(words) + (" x" * 3000 if rng.random() < 0.02 else "")


def moment(rng: random.Random) -> datetime:
    """Return a time of some year."""
    return datetime(rng.randrange(2024, 2032), rng.randrange(1, 13), rng.randrange(1, 29), rng.randrange(24))


def moments(rng: random.Random, count: int, *, step_s: int) -> list[datetime]:
    """Return times in order."""
    now, found = moment(rng), []
    for _ in range(count):
        now += timedelta(seconds=rng.randrange(step_s))
        found.append(now)
    return found


def request(rng: random.Random, address: str, status: int, path: str = "") -> str:
    """Return a line of an access log."""
    when = moment(rng).strftime("%d/%b/%Y:%H:%M:%S +0000")
    target = path or f"/{rng.choice(NOUNS)}/{rng.randrange(500, 600)}"
    return f'{address} - - [{when}] "{rng.choice(("GET", "POST"))} {target} HTTP/1.1" {status} {rng.randrange(1, 9999)}'
