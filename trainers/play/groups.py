"""Groups: K episodes of one task, played at once from one prepared box, none silently missing.

A lost episode is replayed, then replaced; what is still missing is a hole that is masked, never a reward of 0. A group
in which all rewards are alike teaches nothing: it is replaced as far as the budget goes, and counted.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple, Self

from agentgym import plugins
from agentgym.env import AgentEnv
from agentgym.errors import UsageError
from agentgym.policy import PolicySource
from agentgym.rollout.episode import Limits
from agentgym.rollout.options import resolve
from agentgym.rollout.play import Stage
from agentgym.rollout.store import write_episodes
from agentgym.task import Split, Task, TaskKind, TaskSet, derive_seed
from agentgym.trainers.play.batch import Batch, Group
from agentgym.trainers.play.curriculum import Curriculum, Draw
from agentgym.trainers.play.rounds import Job, LockstepSource, Round, Rounds, Told
from agentgym.trainers.play.worth import succeeded
from agentgym.trainers.settings import EnvironmentSettings, GrpoSettings
from agentgym.trajectory import StopReason, Trajectory

# How many tasks are looked at for one of each kind, where kinds have boxes of their own.
MOST_LOOKED_AT = 1_000

__all__ = ["Batch", "Group", "GroupPlayer", "LockstepSource", "Round", "Told", "write_episodes"]


class GroupPlayer:
    """Plays the groups of one update after another; owns its backend and closes it."""

    def __init__(self, settings: GrpoSettings, curriculum: Curriculum, *, told: Told | None = None) -> None:
        """Say what is played; nothing is opened yet.

        Raises:
            UsageError: an environment is unknown, or does not take its options; lists every fault.
        """
        self._settings = settings
        self._curriculum = curriculum
        self._told = told or Told()
        self._environments = {plugins.find_environment(played.name): played for played in settings.environments}
        asked = {played.name: played.options for played in settings.environments if played.options}
        resolved = resolve(asked, self._environments)
        if resolved.faults:
            raise UsageError(*resolved.faults)
        self._options = resolved.by_id
        self._opened = ExitStack()
        self._stage: Stage | None = None

    def preflight(self) -> None:
        """Fail before the first episode if boxes cannot be had; raises as `AgentEnv.preflight` does."""
        stage = self._open()
        for env_id, played in self._environments.items():
            env = stage.make(env_id)
            env.preflight(self._tasks_with_boxes_of_their_own(env, played))

    def play(self, step: int, source: PolicySource, *, groups: int | None = None, first: int = 0) -> Batch:
        """Play the groups of one update; the next one begins where `learn` is told that this one ended.

        Args:
            step: the update, from 0; tasks and seeds follow from it, the settings' seed and the curriculum's state.
            source: gives the policies that play.
            groups: how many; by default `settings.groups.per_step`.
            first: the number of the first of them among the update's groups, where several processes share an update.

        Raises:
            InfrastructureError: what is the same for every episode, as a missing image, or more than
                `settings.rails.lost` of the episodes were lost. Playing again plays the same groups.
        """
        began = time.monotonic()
        rounds = self._rounds(source)
        numbers = _numbers(self._settings, self._curriculum.cursor, groups, first)
        kept, replaced = self._enlivened(self._filled(numbers.regular, rounds, step), numbers.spare, rounds, step)
        return Batch(step, kept, replaced, time.monotonic() - began, self._curriculum.levels)

    def learn(self, batch: Batch) -> None:
        """Have the curriculum learn from a whole batch, and go on to the groups after it.

        Where several processes share an update, each has to be told the batch of all (`Batch.joined`). Groups are taken
        in by number, replaced ones too; tasks without a solution say nothing of success.
        """
        played = batch.played
        if played:
            self._curriculum.advance(played[-1].number + 1)
        for group in played:
            if not group.task.canary:
                successes = [succeeded(member) for member in group.members]
                self._curriculum.learn(group.env_id, group.task.level, successes)

    def evaluate(
        self, tasks: Sequence[tuple[str, Task]], source: PolicySource, *, samples: int, seed: int
    ) -> list[Trajectory]:
        """Play given tasks, by environment id, `samples` times each; lost episodes come back with their failure.

        In lockstep, as many play at once as in an update.

        Raises:
            InfrastructureError: what is the same for every episode, as a missing image, or more than
                `settings.rails.lost` of the episodes were lost.
        """
        jobs = [
            Job(env_id, task, sample, derive_seed(seed, task.id, sample))
            for env_id, task in tasks
            for sample in range(samples)
        ]
        rounds = self._rounds(source, share_setups=samples > 1)
        at_once = self._settings.groups.size * self._settings.groups.per_step
        most = at_once if isinstance(source, LockstepSource) else max(1, len(jobs))
        return [ended for begin in range(0, len(jobs), most) for ended in rounds.play(jobs[begin : begin + most])]

    def state(self) -> dict[str, Any]:
        """Return all that the next update's tasks depend on, as JSON values: the curriculum's state."""
        return self._curriculum.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state that `state` returned; raises `UsageError` if it is of other environments."""
        self._curriculum.restore(state)

    def close(self) -> None:
        """Give back the boxes. Closing twice is harmless."""
        self._stage = None
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _filled(self, numbers: Iterable[int], rounds: Rounds, step: int) -> list[Group]:
        """Play groups until each has all its members, or has had all that may be played for it."""
        size, most = self._settings.groups.size, self._settings.groups.size + self._settings.groups.top_up
        filling = [_Filling(number, self._curriculum.draw(number), size, most) for number in numbers]
        while asked := [(group, sample) for group in filling for sample in group.samples()]:
            jobs = [group.job(sample, seed=self._settings.seed, step=step) for group, sample in asked]
            for (group, _), trajectory in zip(asked, rounds.play(jobs), strict=True):
                group.take(trajectory)
        return [group.group() for group in filling]

    def _enlivened(
        self, groups: Sequence[Group], spare: Iterable[int], rounds: Rounds, step: int
    ) -> tuple[list[Group], list[Group]]:
        """Play spare groups in place of dead ones, and return those to train on and those left out."""
        kept, left_out = list(groups), list[Group]()
        numbers = deque(spare)
        while numbers and (dead := deque(place for place, group in enumerate(kept) if group.dead)):
            chosen = [numbers.popleft() for _ in range(min(len(dead), len(numbers)))]
            for group in self._filled(chosen, rounds, step):
                if group.dead:
                    left_out.append(group)
                else:
                    place = dead.popleft()
                    left_out.append(kept[place])
                    kept[place] = group
        return kept, left_out

    def _rounds(self, source: PolicySource, *, share_setups: bool = True) -> Rounds:
        return Rounds(
            self._open(),
            source,
            self._limits(),
            concurrency=self._settings.groups.concurrency,
            most_lost=self._settings.rails.lost,
            told=self._told,
            share_setups=share_setups,
        )

    def _limits(self) -> Limits:
        """Return the limits; a turn may take as long as one answer, unless it was given a limit of its own."""
        limits = self._settings.limits
        if "turn_s" in limits.model_fields_set:
            return limits.limits()
        return limits.model_copy(update={"turn_s": self._settings.policy.call_timeout_s}).limits()

    def _open(self) -> Stage:
        """Return the stage, with a backend if anything that is played ever has a box."""
        if self._stage is None:
            settings = self._settings
            stage = Stage(settings.sandbox, None, Split.TRAIN, settings.limits.max_turns, self._options)
            if any(self._needs_boxes(stage.make(env_id), played) for env_id, played in self._environments.items()):
                backend = plugins.open_backend(settings.sandbox.backend)
                self._opened.callback(backend.close)
                at_once = min(settings.groups.concurrency, settings.groups.size * settings.groups.per_step)
                backend.keep_ready(settings.sandbox.boxes_ready(at_once))
                stage = Stage(settings.sandbox, backend, Split.TRAIN, settings.limits.max_turns, self._options)
            self._stage = stage
        return self._stage

    def _needs_boxes(self, env: AgentEnv, played: EnvironmentSettings) -> bool:
        return bool(env.specs(self._tasks_with_boxes_of_their_own(env, played)))

    def _tasks_with_boxes_of_their_own(self, env: AgentEnv, played: EnvironmentSettings) -> list[Task]:
        """Return a task of each kind that may be played, where boxes differ by kind."""
        splits = [Split.TRAIN, self._settings.eval.split] if self._settings.eval.tasks else [Split.TRAIN]
        return [task for split in splits for task in _one_of_each(env.tasks(split), played)] if env.boxes_differ else []


class _Numbers(NamedTuple):
    """The numbers of a process's groups in one update: those to play, and those to play in place of dead ones."""

    regular: range
    spare: range


def _numbers(settings: GrpoSettings, cursor: int, groups: int | None, first: int) -> _Numbers:
    whole, budget = settings.groups.per_step, settings.groups.resample
    last = first + (whole if groups is None else groups)
    if not 0 <= first < last <= whole:
        raise UsageError(f"groups {first} to {last - 1} were asked for; an update has {whole} (groups.per_step)")
    # Each process has its share of the budget, and numbers that no other has.
    spare = range(cursor + whole + budget * first // whole, cursor + whole + budget * last // whole)
    return _Numbers(range(cursor + first, cursor + last), spare)


@dataclass
class _Filling:
    """A group on its way.

    Attributes:
        size: K.
        most: how many episodes may be played for it.
        played: how many have been.
    """

    number: int
    drawn: Draw
    size: int
    most: int
    played: int = 0
    members: list[Trajectory] = field(default_factory=list)
    stopped: list[Trajectory] = field(default_factory=list)

    def samples(self) -> range:
        """Return the samples to play next; none if the group is full or has had its share."""
        return range(self.played, min(self.most, self.played + self.size - len(self.members)))

    def job(self, sample: int, *, seed: int, step: int) -> Job:
        # With the group's number, as an update may hold two groups of one task.
        own_seed = derive_seed(seed, step, self.number, self.drawn.task.id, sample)
        return Job(self.drawn.env_id, self.drawn.task, sample, own_seed)

    def take(self, trajectory: Trajectory) -> None:
        self.played += 1
        # What the clock ended says as little of the policy as what was lost.
        if trajectory.stop_reason is StopReason.WALL_TIME:
            self.stopped.append(trajectory)
        elif trajectory.failure is None:
            self.members.append(trajectory)

    def group(self) -> Group:
        lost, stopped = self.played - len(self.members), tuple(self.stopped)
        return Group(self.drawn.env_id, self.drawn.task, tuple(self.members), self.size, lost, self.number, stopped)


def _one_of_each(tasks: TaskSet, played: EnvironmentSettings) -> Iterator[Task]:
    seen: set[TaskKind] = set()
    for index in islice(tasks.lap(seed=0, families=played.families, levels=played.levels), MOST_LOOKED_AT):
        kind = tasks.kind(index)
        if kind not in seen:
            seen.add(kind)
            yield tasks[index]
