"""Batches: the groups of episodes that one update is made from, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from agentgym.plugins import short_name
from agentgym.task import Task
from agentgym.trainers.play.worth import cut_short, succeeded, worth
from agentgym.trajectory import Trajectory


@dataclass(frozen=True)
class Group:
    """Episodes of one task.

    Attributes:
        env_id: where it was played.
        task: what was played.
        members: those that count, at most K, in the order of their samples.
        size: K.
        lost: episodes that the world took away for good, or that the clock ended, replaced ones included.
        number: which group of the run it is, from 0.
        stopped: those that the clock ended.
    """

    env_id: str
    task: Task
    members: tuple[Trajectory, ...]
    size: int
    lost: int = 0
    number: int = 0
    stopped: tuple[Trajectory, ...] = ()

    @property
    def rewards(self) -> tuple[float, ...]:
        """What the members earn, shape (K - missing,); see `worth`."""
        return tuple(value for member in self.members if (value := worth(member)) is not None)

    @property
    def missing(self) -> int:
        """How many of K could not be had."""
        return self.size - len(self.members)

    @property
    def dead(self) -> bool:
        """Whether all rewards are alike, so that nothing is learnt from it."""
        return len(set(self.rewards)) < 2


@dataclass(frozen=True)
class Batch:
    """What one update is made from.

    Attributes:
        step: the update, from 0.
        groups: those that are trained on.
        replaced: dead groups that were played and left out.
        seconds: wall time of playing.
        levels: the highest level that was drawn, by environment's short name.
    """

    step: int
    groups: Sequence[Group]
    replaced: Sequence[Group] = ()
    seconds: float = 0.0
    levels: Mapping[str, int] = field(default_factory=dict)

    @property
    def played(self) -> list[Group]:
        """All groups, replaced ones included, in the order of their numbers."""
        return sorted((*self.groups, *self.replaced), key=lambda group: group.number)

    @property
    def episodes(self) -> list[Trajectory]:
        """All members of all groups, those of replaced groups included."""
        return [member for group in (*self.groups, *self.replaced) for member in group.members]

    @property
    def stopped(self) -> list[Trajectory]:
        """All episodes that the clock ended; they are trained on by nobody."""
        return [episode for group in self.played for episode in group.stopped]

    @classmethod
    def joined(cls, shares: Sequence[Batch]) -> Batch:
        """Return the whole batch of an update that several processes shared, given in the order of their groups."""
        return cls(
            step=shares[0].step,
            groups=[group for share in shares for group in share.groups],
            replaced=[group for share in shares for group in share.replaced],
            seconds=max(share.seconds for share in shares),
            levels=shares[0].levels,
        )

    def share(self, rank: int, count: int) -> Batch:
        """Return the groups that one of so many processes trains on; replaced ones are left out."""
        first, last = (len(self.groups) * place // count for place in (rank, rank + 1))
        return replace(self, groups=self.groups[first:last], replaced=())

    def metrics(self) -> dict[str, float]:
        """Return what is plotted of it; names begin with `agentgym/`, shares are from 0 to 1.

        Everything but `missing` is of all groups that were played, replaced ones included. Success and reward leave out
        tasks without a solution; what nobody can tell, as the success of no episode, is not there.
        """
        episodes, played = self.episodes, self.played
        solvable = [episode for episode in episodes if not episode.canary]
        lost = sum(group.lost for group in played)
        found: dict[str, float] = {
            "missing": sum(group.missing for group in self.groups),
            "replaced_groups": len(self.replaced),
            "rollout_s": self.seconds,
            **{f"level/{name}": level for name, level in self.levels.items()},
            **_mean("dead_groups", [group.dead for group in played]),
            **_mean("lost", [True] * lost + [False] * len(episodes)),
            **_mean("reward", [value for episode in solvable if (value := worth(episode)) is not None]),
            **_mean("turns", [len(episode.turns) for episode in episodes]),
            **_mean("completion_tokens", [episode.completion_tokens for episode in episodes]),
            **_mean("malformed_calls", [episode.malformed_calls for episode in episodes]),
            **_mean("truncated", [cut_short(episode) for episode in episodes]),
        }
        for name, its in _by_place(solvable).items():
            found |= _mean(name, [succeeded(episode) for episode in its])
        return {f"agentgym/{name}": float(value) for name, value in found.items()}


def _by_place(episodes: Iterable[Trajectory]) -> dict[str, list[Trajectory]]:
    """Return episodes under each name that their success is told by."""
    found: dict[str, list[Trajectory]] = {}
    for episode in episodes:
        for name in _places(episode):
            found.setdefault(name, []).append(episode)
    return found


def _places(episode: Trajectory) -> Iterator[str]:
    env = short_name(episode.env_id)
    yield from ("success", f"success/{env}", f"success/{env}/level-{episode.level}")


def _mean(name: str, values: Sequence[float]) -> dict[str, float]:
    return {name: fmean(values)} if values else {}
