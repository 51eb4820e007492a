"""Tasks and the sets they come in.

A task family is a generator: the same environment version, split and index give the same task, byte for byte, in every
process. Which split may own a task follows from the task's own content (`split_of`), so train, eval and demo cannot
share one, whatever the generators do.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, overload

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from agentgym.errors import UsageError, unknown

# How many tasks are looked at to learn which kinds there are: if each has to be made for it, and if not.
MOST_MADE, MOST_TOLD = 1_000, 10_000


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


class TaskKind(NamedTuple):
    """What tasks are chosen by."""

    family: str
    level: int

    def fits(self, families: Collection[str], levels: Collection[int]) -> bool:
        """Tell whether it is one of some families and of some levels; none stands for all."""
        return (not families or self.family in families) and (not levels or self.level in levels)


class Made(NamedTuple):
    """A task, and how many candidates were drawn until one became it; None where that is not known."""

    task: Task
    candidates: int | None


class TaskSet(Sequence[Task]):
    """The tasks of one split, made when asked for."""

    def __init__(
        self,
        split: Split,
        size: int,
        make: Callable[[int], Task],
        *,
        kind_of: Callable[[int], TaskKind] | None = None,
        kinds: Collection[TaskKind] | None = None,
        made: Callable[[int], Made] | None = None,
    ) -> None:
        """Say what tasks there are; none is made yet.

        Args:
            split: what they are for.
            size: how many there are.
            make: makes the task of an index.
            kind_of: tells the kind of an index without making its task, where that can be told; otherwise tasks are
                made to be looked at.
            kinds: every kind that there is, where it is known; otherwise as many tasks are looked at as is quick.
            made: makes the task of an index as `make` does, and tells how many candidates it took.
        """
        self.split = split
        self._size = size
        self._make = make
        self._kind_of = kind_of
        self._given_kinds = kinds
        self._made = made
        self._seen: dict[int, TaskKind] = {}

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

    def choose(
        self, count: int, *, seed: int, families: Collection[str] = (), levels: Collection[int] = ()
    ) -> list[int]:
        """Return `count` indices, or all there are: the first ones of demo and eval, a seeded sample of train.

        Args:
            count: how many.
            seed: of the sample.
            families: only tasks of these; none stands for all.
            levels: only tasks of these; none stands for all.
        """
        if self.split is not Split.TRAIN:
            return list(itertools.islice((i for i in range(self._size) if self._fits(i, families, levels)), count))
        own_seed = derive_seed("choose", seed)
        if families or levels:
            return list(itertools.islice(self.lap(seed=own_seed, families=families, levels=levels), count))
        return random.Random(own_seed).sample(range(self._size), min(count, self._size))

    def made(self, index: int) -> Made:
        """Return the task of an index, and how many candidates were drawn for it."""
        return Made(self[index], None) if self._made is None else self._made(index)

    def kind(self, index: int) -> TaskKind:
        """Return the family and the level of an index's task, made only if there is no other way to tell."""
        if self._kind_of is not None:
            return self._kind_of(index)
        if index not in self._seen:
            task = self[index]
            self._seen[index] = TaskKind(task.family, task.level)
        return self._seen[index]

    @cached_property
    def kinds(self) -> Collection[TaskKind]:
        """Every kind that there is; of a large set of which nothing is known, those that a sample shows."""
        if self._given_kinds is not None:
            return frozenset(self._given_kinds)
        looked_at = MOST_MADE if self._kind_of is None else MOST_TOLD
        return frozenset(map(self.kind, itertools.islice(self.lap(seed=0), looked_at)))

    def lap(self, *, seed: int, families: Collection[str] = (), levels: Collection[int] = ()) -> Iterator[int]:
        """Yield every index once, in a seeded order, drawn as it is asked for.

        Args:
            seed: of the order. That of some kinds is the order of all, with the others left out.
            families: only tasks of these; none stands for all.
            levels: only tasks of these; none stands for all.
        """
        rng = random.Random(seed)
        moved: dict[int, int] = {}
        # Fisher and Yates's shuffle, of which only the places that were touched are kept.
        for last in reversed(range(self._size)):
            place = rng.randrange(last + 1)
            index = moved.get(place, place)
            moved[place] = moved.pop(last, last)
            if self._fits(index, families, levels):
                yield index

    def laps(self, *, seed: int, families: Collection[str] = (), levels: Collection[int] = ()) -> Iterator[int]:
        """Yield laps without end, each in an order of its own; nothing if no task is of these families and levels."""
        for number in itertools.count():
            lap = self.lap(seed=derive_seed(seed, number), families=families, levels=levels)
            first = next(lap, None)
            if first is None:
                return
            yield first
            yield from lap

    def renamed(self, environment: str) -> TaskSet:
        """Return the same tasks, with ids that begin with another environment's short name."""

        def made(index: int) -> Made:
            found = self.made(index)
            return found._replace(task=found.task.model_copy(update={"id": task_id(environment, self.split, index)}))

        return TaskSet(
            self.split,
            self._size,
            lambda index: made(index).task,
            kind_of=self._kind_of,
            kinds=self._given_kinds,
            made=made,
        )

    def _fits(self, index: int, families: Collection[str], levels: Collection[int]) -> bool:
        return not (families or levels) or self.kind(index).fits(families, levels)


def generated(
    split: Split,
    size: int,
    draw: Callable[[random.Random, int], Task],
    *,
    version: str,
    kind_of: Callable[[int], TaskKind] | None = None,
    kinds: Collection[TaskKind] | None = None,
) -> TaskSet:
    """Return a task set from a generator.

    Args:
        split: the split to make.
        size: how many tasks it has; train sets may be as large as you like.
        draw: makes a candidate from a seeded random source and the index. It is called again with a fresh source until
            the candidate belongs to this split by its content, so it must draw from a large enough space.
        version: the environment's versioned id. A new version is a new set of tasks.
        kind_of: see `TaskSet`.
        kinds: see `TaskSet`.
    """
    split = Split(split)

    def made(index: int) -> Made:
        for attempt in range(10_000):
            task = draw(random.Random(derive_seed(version, split, index, attempt)), index)
            if split_of(task.content_hash) is split:
                return Made(task, attempt + 1)
        raise RuntimeError(f"{version}: 10,000 draws gave no {split} task for index {index}: too small a space")

    return TaskSet(split, size, lambda index: made(index).task, kind_of=kind_of, kinds=kinds, made=made)


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
