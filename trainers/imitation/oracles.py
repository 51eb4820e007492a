"""Oracles play tasks for a supervised run, into a run folder of their own below its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from agentgym import plugins
from agentgym.errors import UsageError
from agentgym.rollout.config import PolicyConfig, RolloutConfig
from agentgym.rollout.store import EpisodeKey, RunStore
from agentgym.runs.load import DEMONSTRATIONS
from agentgym.task import Split, Task, derive_seed
from agentgym.trainers.play.curriculum import Curriculum
from agentgym.trainers.play.groups import GroupPlayer, Told
from agentgym.trainers.settings import CurriculumSettings, EnvironmentSettings, GroupSettings, GrpoSettings, SftSettings
from agentgym.trajectory import Trajectory

ORACLE = "oracle"
_AT_ONCE = 8


def play_oracles(settings: SftSettings, folder: Path, *, say: Callable[[str], None]) -> Path | None:
    """Have oracles play train tasks of each environment; those that were played before are not played again.

    Args:
        settings: `demonstrations.oracle_tasks` of each of `environments` are played, canaries left out.
        folder: the supervised run's; theirs is below it.
        say: told what comes of it.

    Returns:
        Their run folder; None if no tasks are asked for.

    Raises:
        UsageError: an oracle failed, or there are not so many tasks.
        InfrastructureError: too many episodes were lost, or none can be played.
    """
    if not settings.demonstrations.oracle_tasks:
        return None
    where = folder / DEMONSTRATIONS
    asked = _as_played(settings)
    curriculum = Curriculum(asked.environments, asked.curriculum, seed=settings.seed)
    chosen = [(one.env_id, task) for one in settings.environments for task in _tasks(one, settings)]
    source = plugins.open_policy(ORACLE)
    with RunStore(where) as store:
        store.begin(_identity(settings), resume=True)
        missing = [(env_id, task) for env_id, task in chosen if EpisodeKey(task.id, 0) not in store.done]
        if missing:
            say(f"oracles play {len(missing):,} tasks")
        with GroupPlayer(asked, curriculum, told=Told(store.append, store.append)) as player:
            if missing:
                player.preflight()
            ended = player.evaluate(missing, source, samples=1, seed=settings.seed)
    _check(ended, say)
    return where


def _tasks(played: EnvironmentSettings, settings: SftSettings) -> Iterator[Task]:
    """Yield an environment's tasks in a seeded order; those without a solution are passed over."""
    tasks = plugins.environment_class(played.env_id).tasks(Split.TRAIN)
    order = tasks.lap(seed=derive_seed("demonstrations", settings.seed), families=played.families, levels=played.levels)
    solvable = (task for task in map(tasks.__getitem__, order) if not task.canary)
    yield from islice(solvable, settings.demonstrations.oracle_tasks)


def _as_played(settings: SftSettings) -> GrpoSettings:
    return GrpoSettings(
        seed=settings.seed,
        environments=settings.environments,
        curriculum=CurriculumSettings(enabled=False),
        groups=GroupSettings(concurrency=_AT_ONCE),
        limits=settings.limits,
        sandbox=settings.sandbox,
    )


def _identity(settings: SftSettings) -> dict[str, Any]:
    """Return the `config.json` of what oracles played: a rollout's, and what was chosen of the tasks."""
    played = RolloutConfig(
        environments=tuple(one.env_id for one in settings.environments),
        split=Split.TRAIN,
        tasks=settings.demonstrations.oracle_tasks,
        seed=settings.seed,
        reference="none",
        policy=PolicyConfig(spec=ORACLE),
        sandbox=settings.sandbox,
        limits=settings.limits,
        options={one.env_id: one.options for one in settings.environments if one.options},
    )
    chosen = {one.env_id: {"families": one.families, "levels": one.levels} for one in settings.environments}
    return played.identity() | {
        "chosen": {env_id: {key: list(kept) for key, kept in kinds.items()} for env_id, kinds in chosen.items()}
    }


def _check(ended: list[Trajectory], say: Callable[[str], None]) -> None:
    """Tell what was lost; fail where an oracle did."""
    lost = [episode for episode in ended if episode.failure is not None]
    if lost and (why := lost[-1].failure) is not None:
        say(f"{len(lost):,} of them were lost to infrastructure and are left out; the last one: {why.message}")
    failed = [episode for episode in ended if episode.failure is None and not episode.success]
    if failed:
        raise UsageError(
            f"the oracle failed at {len(failed):,} of {len(ended):,} tasks, at {failed[0].task_id} for one (it ended "
            f"by {failed[0].stop_reason}): raise the limits, if it reached one, or leave the environment out and "
            "report it; `python -m agentgym.rollout ENV --policy oracle` plays its oracle too"
        )
