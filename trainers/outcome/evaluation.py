"""The frozen tasks of before and after, played by the policy as it was and as it became; `comparison` compares them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from agentgym.env import AgentEnv
from agentgym.errors import InfrastructureError, UsageError
from agentgym.plugins import environment_class, find_environment, short_name
from agentgym.policy import PolicySource
from agentgym.rollout.store import write_atomically
from agentgym.statistics import MOST_COUNTED
from agentgym.task import Split, Task, TaskSet, derive_seed
from agentgym.trainers.play.groups import GroupPlayer
from agentgym.trainers.settings import EnvironmentSettings, GrpoSettings
from agentgym.trajectory import Trajectory

MOST_LOST = 0.5


class FrozenTasks(NamedTuple):
    """What both policies play.

    Attributes:
        tasks: with the ids of their environments.
        warnings: a sentence for each environment that has fewer than asked for.
    """

    tasks: list[tuple[str, Task]]
    warnings: list[str]


def frozen_tasks(settings: GrpoSettings) -> FrozenTasks:
    """Return the tasks of the evaluation; the same settings always give the same ones.

    They are the first of the split that have a family and level that is trained, and none that training may draw: a
    task whose content is in the train split too is passed over. Canaries among them are played along, uncounted.

    Raises:
        UsageError: the split is the one that is trained on.
    """
    if settings.eval.tasks and settings.eval.split is Split.TRAIN:
        raise UsageError("eval.split: train is what the policy is trained on; use eval or demo, which are held out")
    tasks: list[tuple[str, Task]] = []
    warnings: list[str] = []
    for environment in settings.environments if settings.eval.tasks else ():
        env_id = find_environment(environment.name)
        chosen = list(_first(environment, environment_class(env_id), settings.eval.split, settings.eval.tasks))
        tasks += [(env_id, task) for task in chosen]
        found = sum(not task.canary for task in chosen)
        if found < settings.eval.tasks:
            warnings.append(
                f"{short_name(env_id)} has {found} held-out tasks of its families and levels in {settings.eval.split}, "
                f"not eval.tasks = {settings.eval.tasks}: differences are less sure"
            )
    return FrozenTasks(tasks, warnings)


def _first(environment: EnvironmentSettings, env_class: type[AgentEnv], split: Split, count: int) -> Iterator[Task]:
    trained = _contents(env_class.tasks(Split.TRAIN))
    tasks = env_class.tasks(split)
    for index in range(len(tasks)):
        if not tasks.kind(index).fits(environment.families, environment.levels):
            continue
        task = tasks[index]
        if task.content_hash in trained:
            continue
        yield task
        count -= not task.canary
        if not count:
            return


def _contents(tasks: TaskSet) -> set[str]:
    """Return the contents of a small split, which may have been put together by hand; larger ones are generated.

    What is generated belongs to one split by its content, so nothing is to be looked for there.
    """
    return {task.content_hash for task in tasks} if len(tasks) <= MOST_COUNTED else set()


def play(
    settings: GrpoSettings, player: GroupPlayer, source: PolicySource, path: Path, *, weights: str
) -> list[Trajectory]:
    """Play the frozen tasks into a file, or read what was played there before under the same settings.

    The file appears whole or not at all, and next to it one that tells how it was played.

    Args:
        settings: what is played, and how it is sampled.
        player: plays it.
        source: gives the policy.
        path: the file, as `eval/base.jsonl`.
        weights: which weights play, as `base` or `step 100`; what other weights played is played again.

    Raises:
        InfrastructureError: more than half of the episodes were lost; nothing is kept of them.
    """
    frozen = frozen_tasks(settings).tasks
    identity = _identity(settings, frozen, weights)
    told = path.with_suffix(".json")
    if (before := _read(path, told, identity)) is not None:
        return before
    seed = derive_seed("evaluation", settings.seed)
    played = player.evaluate(frozen, source, samples=settings.eval.samples, seed=seed) if frozen else []
    _check_losses(played)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The telling file last: what has none counts as not played.
    told.unlink(missing_ok=True)
    write_atomically(path, "".join(episode.model_dump_json(exclude_none=True) + "\n" for episode in played))
    write_atomically(told, json.dumps(identity, indent=2) + "\n")
    return played


def _identity(settings: GrpoSettings, frozen: Iterable[tuple[str, Task]], weights: str) -> dict[str, Any]:
    """Return all that the outcome of an evaluation depends on."""
    told: dict[str, Any] = settings.model_dump(
        mode="json",
        include={
            "seed": True,
            "model": {"name", "folder", "family", "adapter", "dtype"},
            "policy": {"max_tokens", "thinking", "spec"},
            "limits": True,
            "sandbox": {"image", "memory_mib", "pids", "cpus", "disk_mib"},
            "eval": True,
        },
    )
    digest = hashlib.sha256(b"\n".join(env_id.encode() + b" " + task.to_bytes() for env_id, task in frozen))
    options = {find_environment(environment.name): dict(environment.options) for environment in settings.environments}
    whole = {**told, "environments": options, "tasks_sha256": digest.hexdigest(), "weights": weights}
    loaded: dict[str, Any] = json.loads(json.dumps(whole, default=str))
    return loaded


def _read(path: Path, told: Path, identity: Mapping[str, Any]) -> list[Trajectory] | None:
    """Return what was played under these settings, or None."""
    try:
        if json.loads(told.read_text(encoding="utf-8")) != identity:
            return None
        return [Trajectory.model_validate_json(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError, ValidationError):
        return None


def _check_losses(played: Sequence[Trajectory]) -> None:
    lost = [episode.failure for episode in played if episode.failure is not None]
    if len(lost) > MOST_LOST * len(played):
        raise InfrastructureError(
            f"{len(lost)} of {len(played)} episodes of the evaluation were lost, which leaves nothing to compare by; "
            f"the last: {lost[-1].message}. Mend that and go on with --resume; the evaluation is played again."
        )
