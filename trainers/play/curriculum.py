"""Which task comes next: environments by weight, levels by success."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, islice
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from agentgym import plugins
from agentgym.errors import UsageError, did_you_mean, unknown
from agentgym.task import Split, Task, TaskSet, derive_seed
from agentgym.trainers.play.course import Course, CourseState
from agentgym.trainers.settings import CurriculumSettings, EnvironmentSettings

# The golden ratio: its multiples fill the numbers from 0 to 1 evenly, however many are taken (Weyl's sequence).
EVEN_STEP = 0.6180339887498949


class Draw(NamedTuple):
    """A task to play.

    Attributes:
        env_id: where.
        task: what.
    """

    env_id: str
    task: Task


class Curriculum:
    """Chooses tasks of the train split; the same seed, state and number always give the same task.

    Without levels that move, tasks come as the split has them. Tasks without a solution come in their share among the
    tasks of their family and level.
    """

    def __init__(self, environments: Sequence[EnvironmentSettings], settings: CurriculumSettings, *, seed: int) -> None:
        """Look at what there is to play.

        Raises:
            UsageError: an environment, family or level is unknown, or fewer than two tasks are left to train on; lists
                every fault.
        """
        faults = _faults(environments, settings)
        if faults:
            raise UsageError(*faults)
        self._settings = settings
        self._seed = seed
        self._courses = [Course.of(environment, settings, seed) for environment in environments]
        total = sum(environment.weight for environment in environments)
        self._shares = [weight / total for weight in accumulate(environment.weight for environment in environments)]
        self._offset = random.Random(derive_seed(seed, "environments")).random()
        self._cursor = 0
        self._ahead: list[_Place] = []
        self._asked: Counter[tuple[str, str]] = Counter()

    @property
    def cursor(self) -> int:
        """The number of the next group; those before it have been played."""
        return self._cursor

    def draw(self, number: int) -> Draw:
        """Return the task of the group with this number, from `cursor` on.

        It depends on the number, the seed and the levels as they stand. Task indices are walked through in a seeded
        order, so that of an environment's tasks (with a curriculum, of those of each level) none comes twice before all
        came once.
        """
        if number < self._cursor:
            raise ValueError(f"group {number} has been played; the next is {self._cursor}")
        while len(self._ahead) <= number - self._cursor:
            self._ahead.append(self._place(self._cursor + len(self._ahead)))
        place = self._ahead[number - self._cursor]
        return Draw(place.course.env_id, place.course.task(place.stream, place.position))

    def learn(self, env_id: str, level: int, successes: Sequence[bool]) -> None:
        """Take in how the episodes of a group ended; levels may move. Canaries are not to be told."""
        [course] = (course for course in self._courses if course.env_id == env_id)
        if course.learn(level, successes, self._settings):
            self._forget()

    def advance(self, cursor: int) -> None:
        """Note that all groups before this number have been played, at the levels as they stand.

        So this comes before `learn` is told of them.
        """
        if cursor > self._cursor:
            self.draw(cursor - 1)
            for place in self._ahead[: cursor - self._cursor]:
                place.course.taken[place.stream] += 1
            self._cursor = cursor
            self._forget()

    @property
    def levels(self) -> dict[str, int]:
        """The highest level that is drawn now, by environment's short name."""
        return {course.name: course.level for course in self._courses}

    def state(self) -> dict[str, Any]:
        """Return all that `draw` depends on and `learn` changes, as JSON values."""
        return _State(
            cursor=self._cursor, environments={course.name: course.state() for course in self._courses}
        ).model_dump(mode="json")

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state that `state` returned; raises `UsageError` if it is of other environments."""
        try:
            kept = _State.model_validate(state)
        except ValidationError as error:
            raise UsageError(f"the curriculum's state cannot be read: {error}") from None
        faults = _differences(kept, {course.name: course for course in self._courses})
        if faults:
            raise UsageError(*faults)
        for course in self._courses:
            course.restore(kept.environments[course.name])
        self._cursor = kept.cursor
        self._forget()

    def _forget(self) -> None:
        """Forget where the next groups' tasks are found: it may be elsewhere now."""
        self._ahead, self._asked = [], Counter()

    def _place(self, number: int) -> _Place:
        even = (self._offset + number * EVEN_STEP) % 1.0
        chosen = next((i for i, share in enumerate(self._shares) if even < share), len(self._shares) - 1)
        course = self._courses[chosen]
        stream = course.stream(random.Random(derive_seed(self._seed, "level", number)), self._settings)
        position = course.taken[stream] + self._asked[course.env_id, stream]
        self._asked[course.env_id, stream] += 1
        return _Place(course, stream, position)


class _Place(NamedTuple):
    """Where a group's task is found."""

    course: Course
    stream: str
    position: int


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: int
    environments: dict[str, CourseState]


def _differences(state: _State, courses: dict[str, Course]) -> list[str]:
    """Return why a state cannot be gone on from."""
    if set(state.environments) != set(courses):
        then, now = (", ".join(sorted(names)) for names in (state.environments, courses))
        return [f"the curriculum's state is of {then}; this run trains on {now}. Go on with what it was begun with."]
    return [
        f"the curriculum's state has {name} at level {kept.level}, of {', '.join(sorted(kept.taken)) or 'no tasks'}; "
        f"this run has levels {', '.join(map(str, courses[name].levels))}. Go on with what it was begun with."
        for name, kept in state.environments.items()
        if kept.level not in courses[name].levels or not set(kept.taken).issubset(courses[name].streams)
    ]


def _faults(environments: Sequence[EnvironmentSettings], settings: CurriculumSettings) -> list[str]:
    faults: list[str] = []
    if settings.enabled and settings.lower_at >= settings.raise_at:
        faults.append(
            f"curriculum.lower_at is {settings.lower_at:g} and raise_at {settings.raise_at:g}: it must be less"
        )
    left = 0
    found: Counter[str] = Counter()
    for environment in environments:
        try:
            env_id = plugins.find_environment(environment.name)
            tasks = plugins.environment_class(env_id).tasks(Split.TRAIN)
        except UsageError as error:
            faults += error.faults
            continue
        found[env_id] += 1
        its = _kind_faults(environment, tasks)
        faults += its
        # With a fault, nobody can say how many tasks are meant.
        left += 2 if its else _fitting(environment, tasks)
    faults += [
        f"{plugins.short_name(env_id)} stands there {n} times: once is enough" for env_id, n in found.items() if n > 1
    ]
    if not faults and left < 2:
        faults.append(
            "a run that trains on fewer than two tasks learns them by heart and nothing else: "
            "name more families, levels or environments"
        )
    return faults


def _kind_faults(environment: EnvironmentSettings, tasks: TaskSet) -> list[str]:
    """Return which families and levels an environment's train tasks do not have, alone or together."""
    name = environment.name
    families, levels = {kind.family for kind in tasks.kinds}, sorted({kind.level for kind in tasks.kinds})
    faults = [
        f"{name}: {unknown('family', family, sorted(families))}"
        if len(families) <= 30
        else f"{name}: there is no family named {family!r}{did_you_mean(family, families)}"
        for family in environment.families
        if family not in families
    ]
    faults += [
        f"{name}: there is no train task of level {level}: they are of {', '.join(map(str, levels))}"
        for level in environment.levels
        if level not in levels
    ]
    if not faults and not any(kind.fits(environment.families, environment.levels) for kind in tasks.kinds):
        chosen = ", ".join(environment.families)
        has = sorted({kind.level for kind in tasks.kinds if kind.family in environment.families})
        faults.append(
            f"{name}: tasks of {chosen} are of the levels {', '.join(map(str, has))}, of none that is asked for"
        )
    return faults


def _fitting(environment: EnvironmentSettings, tasks: TaskSet) -> int:
    """Return how many tasks fit, up to two."""
    lap = tasks.lap(seed=0, families=environment.families, levels=environment.levels)
    return sum(1 for _ in islice(lap, 2))
