"""Tasks and the sets they come in.

A task family is a generator: the same environment version, split and index give the same task, byte for byte, in every
process. Which split may own a task follows from the task's own content (`split_of`), so train, eval and demo cannot
share one, whatever the generators do.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any, overload

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from agentgym.errors import UsageError, unknown


class Split(StrEnum):
    """What a task is for."""

    DEMO = "demo"
    TRAIN = "train"
    EVAL = "eval"

    @classmethod
    def named(cls, name: Split | str) -> Split:
        """Return the split of a name; raises `UsageError` where there is none."""
        if name not in list(cls):
            raise UsageError(unknown("split", name, cls))
        return cls(name)


class Task(BaseModel):
    """One task: what the policy is told, what its box starts with, and what only the verifier knows.

    Attributes:
        id: `<environment>/<split>/<index>`, as in `code-repair/eval/000017`.
        family: which generator it comes from.
        level: how hard it is meant to be, from 1 (easiest).
        prompt: the user message that states the task.
        files: what the box starts with, by path relative to the workdir.
        setup: parameters of the starting state, for what files alone cannot say. Not secret, but not shown either.
        secret: gold and hidden checks. Never enters the policy's box, prompts or environment variables.
        canary: it has no solution, and whoever passes it has cheated. Counted apart in every summary; nobody is told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    split: Split
    index: int = Field(ge=0)
    family: str
    level: int = Field(ge=1)
    prompt: str
    files: Mapping[str, str] = Field(default_factory=dict)
    setup: Mapping[str, JsonValue] = Field(default_factory=dict)
    secret: Mapping[str, JsonValue] = Field(default_factory=dict, repr=False)
    canary: bool = False

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of what makes the task this task: not its id, split, index or spacing."""
        content = (self.family, " ".join(self.prompt.split()), dict(self.files), dict(self.setup))
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the whole task as canonical JSON, for comparing bytes."""
        return canonical_json(self.model_dump(mode="json")).encode()


class TaskSet(Sequence[Task]):
    """The tasks of one split, made when asked for."""

    def __init__(self, split: Split, size: int, make: Callable[[int], Task]) -> None:
        self.split = split
        self._size = size
        self._make = make

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Task: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Task]: ...

    def __getitem__(self, index: int | slice) -> Task | Sequence[Task]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._size))]
        if not -self._size <= index < self._size:
            raise IndexError(f"the {self.split} split has tasks 0 to {self._size - 1:,}, not {index}")
        return self._make(index % self._size)

    def __iter__(self) -> Iterator[Task]:
        return (self[i] for i in range(self._size))

    def choose(self, count: int, *, seed: int) -> list[int]:
        """Return `count` indices: the first ones of demo and eval, a seeded sample of train."""
        count = min(count, self._size)
        if self.split is not Split.TRAIN:
            return list(range(count))
        return random.Random(derive_seed("choose", seed)).sample(range(self._size), count)


def generated(split: Split, size: int, draw: Callable[[random.Random, int], Task], *, version: str) -> TaskSet:
    """Return a task set from a generator.

    Args:
        split: the split to make.
        size: how many tasks it has; train sets may be as large as you like.
        draw: makes a candidate from a seeded random source and the index. It is called again with a fresh source until
            the candidate belongs to this split by its content, so it must draw from a large enough space.
        version: the environment's versioned id. A new version is a new set of tasks.
    """
    split = Split(split)

    def make(index: int) -> Task:
        for attempt in range(10_000):
            task = draw(random.Random(derive_seed(version, split, index, attempt)), index)
            if split_of(task.content_hash) is split:
                return task
        raise RuntimeError(f"{version}: 10,000 draws gave no {split} task for index {index}: too small a space")

    return TaskSet(split, size, make)


def split_of(content_hash: str) -> Split:
    """Return the only split that may hold a task of this content: 1/16 demo, 3/16 eval, 3/4 train."""
    share = int(content_hash[:8], 16) % 16
    return Split.DEMO if share == 0 else Split.EVAL if share <= 3 else Split.TRAIN


def task_id(environment: str, split: Split, index: int) -> str:
    """Return a task's id, as in `code-repair/eval/000017`."""
    return f"{environment}/{split}/{index:06d}"


def parse_task_id(text: str) -> tuple[str, Split, int] | None:
    """Return the environment's short name, the split and the index of a task id, or None if it is none."""
    match = re.fullmatch(r"(.+)/(demo|train|eval)/(\d+)", text)
    return (match[1], Split(match[2]), int(match[3])) if match else None


def derive_seed(*parts: object) -> int:
    """Return a 63-bit seed that depends on every part and on nothing else."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spacing, the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
