"""One environment's tasks in the order in which they are trained on, and how far the policy has come in them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pydantic import BaseModel, ConfigDict

from agentgym import plugins
from agentgym.task import Split, Task, TaskSet, derive_seed
from agentgym.trainers.settings import CurriculumSettings, EnvironmentSettings

ALL = "all"


class CourseState(BaseModel):
    """What is kept of a course in a checkpoint; see `Course`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: int
    recent: Sequence[bool]
    taken: dict[str, int]


@dataclass
class Course:
    """One environment's tasks, as one stream or as one of each level, and how far the policy has come in them.

    Attributes:
        env_id: where they are played.
        tasks: all of the split.
        families: only tasks of these; none stands for all.
        levels: those that it moves through, from the easiest.
        seed: of the order of the tasks.
        moves: whether it moves; otherwise all levels are one stream.
        level: where it stands.
        recent: how the last episodes at this level ended, since it stands there.
        taken: how many tasks of each stream have been played.
    """

    env_id: str
    tasks: TaskSet
    families: Sequence[str]
    levels: Sequence[int]
    seed: int
    moves: bool
    level: int
    recent: list[bool] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    _walks: dict[str, _Walk] = field(default_factory=dict)

    @classmethod
    def of(cls, environment: EnvironmentSettings, settings: CurriculumSettings, seed: int) -> Course:
        """Return the course of an environment that is known to have such tasks."""
        env_id = plugins.find_environment(environment.name)
        tasks = plugins.environment_class(env_id).tasks(Split.TRAIN)
        levels = sorted({kind.level for kind in tasks.kinds if kind.fits(environment.families, environment.levels)})
        level = levels[0] if settings.enabled else levels[-1]
        own_seed = derive_seed(seed, "tasks", env_id)
        return cls(env_id, tasks, environment.families, levels, own_seed, settings.enabled, level)

    @property
    def name(self) -> str:
        """The environment's short name."""
        return plugins.short_name(self.env_id)

    @property
    def streams(self) -> Collection[str]:
        """The streams that there are."""
        return {str(level) for level in self.levels} if self.moves else {ALL}

    def stream(self, rng: random.Random, settings: CurriculumSettings) -> str:
        """Return which stream the next task is of: the level's, or now and then one that was passed."""
        if not self.moves:
            return ALL
        passed = [level for level in self.levels if level < self.level]
        return str(rng.choice(passed) if passed and rng.random() < settings.review else self.level)

    def task(self, stream: str, position: int) -> Task:
        """Return the task at a place of a stream, from 0 on without end."""
        if stream not in self._walks:
            levels = self.levels if stream == ALL else [int(stream)]
            self._walks[stream] = _Walk(self.tasks.laps(seed=self.seed, families=self.families, levels=levels))
        return self.tasks[self._walks[stream].at(position)]

    def learn(self, level: int, successes: Sequence[bool], settings: CurriculumSettings) -> bool:
        """Take in episodes; return whether the level has moved."""
        if not self.moves or level != self.level:
            return False
        self.recent = [*self.recent, *successes][-settings.window :]
        if len(self.recent) < settings.window:
            return False
        share = sum(self.recent) / len(self.recent)
        step = (share >= settings.raise_at) - (share <= settings.lower_at)
        place = self.levels.index(self.level) + step
        if not step or not 0 <= place < len(self.levels):
            return False
        self.level, self.recent = self.levels[place], []
        return True

    def state(self) -> CourseState:
        """Return what a checkpoint keeps."""
        return CourseState(level=self.level, recent=self.recent, taken=dict(self.taken))

    def restore(self, state: CourseState) -> None:
        """Take a state that is known to be of this course."""
        self.level, self.recent, self.taken = state.level, list(state.recent), Counter(state.taken)


class _Walk:
    """Endless indices of which every one can be looked at again."""

    def __init__(self, indices: Iterator[int]) -> None:
        self._indices = indices
        self._passed: list[int] = []

    def at(self, position: int) -> int:
        self._passed += islice(self._indices, max(0, position + 1 - len(self._passed)))
        return self._passed[position]
