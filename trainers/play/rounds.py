"""Rounds: episodes that are played at once, side by side or in lockstep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Protocol, Self, runtime_checkable

from agentgym.errors import InfrastructureError
from agentgym.policy import PolicySource
from agentgym.rollout.episode import Limits
from agentgym.rollout.play import EpisodePlayer, Stage
from agentgym.rollout.pool import Pool
from agentgym.setups import SharedSetups
from agentgym.task import Task
from agentgym.trajectory import Trajectory


class Round(Protocol):
    """Episodes that begin together and wait for one another's answers; see `LockstepSource`."""

    def __enter__(self) -> Self:
        """Seat the players."""
        ...

    def leave(self) -> None:
        """One of the players has ended its episode, however it ended."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the round."""
        ...


@runtime_checkable
class LockstepSource(PolicySource, Protocol):
    """A source that answers all episodes of a round at once, so that the same round is sampled the same way again."""

    def round(self, players: int) -> Round:
        """Return a round of so many episodes, which must all play at the same time."""
        ...


@dataclass
class Told:
    """What playing tells while it goes on; every function may be called from many threads."""

    episode: Callable[[Trajectory], None] = lambda trajectory: None
    lost: Callable[[Trajectory], None] = lambda trajectory: None


class Job(NamedTuple):
    """One episode to play."""

    env_id: str
    task: Task
    sample: int
    seed: int


class Rounds:
    """Plays one round after another with one source, until too many of the episodes are lost."""

    def __init__(
        self,
        stage: Stage,
        source: PolicySource,
        limits: Limits,
        *,
        concurrency: int,
        most_lost: float,
        told: Told,
        share_setups: bool = True,
    ) -> None:
        """Say how is played.

        Args:
            stage: where.
            source: gives the policies.
            limits: what one episode may take.
            concurrency: episodes at once; in lockstep, a round's all play at once.
            most_lost: share of the episodes so far that may be lost for good.
            told: told of what becomes of episodes.
            share_setups: prepare each task's box once for all its episodes.
        """
        self._stage = stage
        self._source = source
        self._limits = limits
        self._concurrency = concurrency
        self._most_lost = most_lost
        self._told = told
        self._setups = SharedSetups() if share_setups else None
        self._counting = threading.Lock()
        self._planned = self._lost = 0

    def play(self, jobs: Sequence[Job]) -> list[Trajectory]:
        """Play a round and return what became of each episode; one that was lost for good has a `failure`.

        Raises:
            InfrastructureError: what is the same for every episode, as a missing image, or too many were lost.
        """
        self._planned += len(jobs)
        ended: dict[int, Trajectory] = {}
        in_lockstep = isinstance(self._source, LockstepSource)
        pool = Pool(len(jobs) if in_lockstep else self._concurrency)
        with self._source.round(len(jobs)) if isinstance(self._source, LockstepSource) else nullcontext() as round_:
            seats = _Seats(round_, len(jobs))

            @contextmanager
            def worker() -> Iterator[Callable[[int], None]]:
                with self._player(pool) as player:
                    yield lambda place: seats.play(place, lambda: self._play(player, jobs[place], ended, place))

            try:
                pool.run(range(len(jobs)), worker)
            finally:
                seats.clear()
        return [ended[place] for place in range(len(jobs))]

    def _player(self, pool: Pool) -> EpisodePlayer:
        return EpisodePlayer(self._stage, self._source, self._limits, self._setups, pool.stopping)

    def _play(self, player: EpisodePlayer, job: Job, ended: dict[int, Trajectory], place: int) -> None:
        trajectory = player.play(job.env_id, job.task, sample=job.sample, seed=job.seed)
        if trajectory is None:
            return
        ended[place] = trajectory
        if trajectory.failure is None:
            self._told.episode(trajectory)
        else:
            self._told.lost(trajectory)
            self._count_loss(trajectory.failure.message)

    def _count_loss(self, why: str) -> None:
        with self._counting:
            self._lost += 1
            if self._lost > self._most_lost * self._planned:
                raise InfrastructureError(
                    f"{self._lost} of {self._planned} episodes were lost, and rails.lost lets a share of "
                    f"{self._most_lost:g} be. The last one: {why}"
                )


class _Seats:
    """Sees to it that every seat of a round is left once, however its episode ends and whether or not it began."""

    def __init__(self, round_: Round | None, count: int) -> None:
        self._round = round_
        self._free = set(range(count))
        self._lock = threading.Lock()

    def play(self, seat: int, episode: Callable[[], None]) -> None:
        """Play in a seat, unless the round has been broken off."""
        with self._lock:
            if seat not in self._free:
                return
            self._free.remove(seat)
        try:
            episode()
        except BaseException:
            # The others wait for those too that will never begin.
            self.clear()
            raise
        finally:
            self._leave(1)

    def clear(self) -> None:
        """Leave the seats in which nobody has begun."""
        with self._lock:
            left = len(self._free)
            self._free.clear()
        self._leave(left)

    def _leave(self, seats: int) -> None:
        for _ in range(seats if self._round is not None else 0):
            assert self._round is not None
            self._round.leave()
