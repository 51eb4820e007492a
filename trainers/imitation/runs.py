"""Run folders as trainers read them: a rollout's, or the episodes that a training run has kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from agentgym import plugins
from agentgym.errors import StoreError, UsageError
from agentgym.rollout.folder import CONFIG
from agentgym.rollout.store import TRAJECTORIES, read_episodes
from agentgym.tool import Tool
from agentgym.trajectory import Trajectory

EPISODES, DEMONSTRATIONS = "episodes", "demonstrations"


class Run:
    """The recorded episodes of one folder, and the tools that they were played with."""

    def __init__(self, folder: Path | str) -> None:
        """Look at a folder.

        Args:
            folder: a rollout's run folder, or that of `trainers.grpo` or `trainers.sft`.

        Raises:
            UsageError: it holds no episodes.
            StoreError: it cannot be read.
        """
        self.folder = Path(folder)
        self._files = _files(self.folder)
        if not self._files:
            raise UsageError(
                f"{self.folder} is no run folder: it has neither {TRAJECTORIES} nor {EPISODES}/*.jsonl. Name one that "
                "`python -m agentgym.rollout` or a trainer has written."
            )
        self._tools: dict[str, tuple[Tool, ...]] = {}

    def episodes(self) -> Iterator[Trajectory]:
        """Yield the episodes that count, in the order in which they were kept; raises `StoreError` as they are read."""
        for file in self._files:
            for trajectory in read_episodes(file):
                if trajectory.failure is None:
                    yield trajectory

    def tools(self, env_id: str) -> tuple[Tool, ...]:
        """Return the tools of an environment, as they are with the options that the run had.

        Raises:
            UsageError: the environment is not installed.
        """
        if env_id not in self._tools:
            self._tools[env_id] = tools_of(env_id, self._options.get(env_id, {}))
        return self._tools[env_id]

    @cached_property
    def _options(self) -> Mapping[str, Mapping[str, Any]]:
        """Options of environments by their id, as the run's `config.json` has them."""
        # The episodes of a training run lie in a folder of their own, and its configuration beside that.
        beside = [folder / CONFIG for folder in (self._files[0].parent, self._files[0].parent.parent)]
        file = next((path for path in beside if path.exists()), None)
        if file is None:
            return {}
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"{file} cannot be read ({error}): nothing else tells how the run was played") from error
        asked: dict[str, Mapping[str, Any]] = dict(config.get("options", {}))
        for environment in config.get("environments", ()):
            if isinstance(environment, Mapping):
                asked[environment["name"]] = environment.get("options", {})
        return {plugins.find_environment(name): options for name, options in asked.items()}


def tools_of(env_id: str, options: Mapping[str, Any]) -> tuple[Tool, ...]:
    """Return the tools of an environment that is made with the given options; no box is opened."""
    env = plugins.environment_class(env_id)(**options)
    return tuple(Tool.from_function(function) for function in env.make_tools())


def open_runs(folders: Sequence[Path | str]) -> list[Run]:
    """Return several runs; raises `UsageError` with every folder that is none."""
    runs: list[Run] = []
    faults: list[str] = []
    for folder in folders:
        try:
            runs.append(Run(folder))
        except UsageError as error:
            faults += error.faults
    if faults:
        raise UsageError(*faults)
    return runs


def _files(folder: Path) -> list[Path]:
    """Return where the episodes are; the first kind that is there counts."""
    if (folder / TRAJECTORIES).exists():
        return [folder / TRAJECTORIES]
    if steps := sorted((folder / EPISODES).glob("*.jsonl")):
        return steps
    demonstrations = folder / DEMONSTRATIONS / TRAJECTORIES
    return [demonstrations] if demonstrations.exists() else []
