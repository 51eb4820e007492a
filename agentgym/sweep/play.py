"""Playing a sweep: server by server, cell by cell, each cell a run folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agentgym.command_line import tell
from agentgym.errors import AgentGymError, PolicyUnavailable, UsageError
from agentgym.policies.openai import OpenAICompatible
from agentgym.policies.vllm import Beside
from agentgym.policy import PolicySource
from agentgym.rollout.config import RolloutConfig, identity_of
from agentgym.rollout.folder import CONFIG, Config, RunFolder, explained, read_config
from agentgym.rollout.run import Events, rollout
from agentgym.rollout.store import SUMMARY
from agentgym.serving.process import Server as Process
from agentgym.serving.process import free_port
from agentgym.sweep.grid import Cell
from agentgym.sweep.plan import Plan

CELLS = "cells"

Say = Callable[[str], None]
Watch = Callable[[Cell], Events]
"""Returns what is told of a cell's progress."""


def cell_folder(folder: Path, cell: Cell) -> Path:
    """Return the run folder of a cell."""
    return folder / CELLS / cell.name


def play(
    plan: Plan, folder: Path, *, resume: bool = False, watch: Watch = lambda cell: Events(), say: Say | None = None
) -> dict[str, str]:
    """Play what is missing of a sweep, and return why cells are not whole, by their names.

    A cell that was played to its end is not played again, and no server starts for it. A server that does not start,
    or dies, costs its own cells only.

    Args:
        plan: what to play.
        folder: of the sweep; each cell is a run folder in `cells/`.
        resume: go on with the sweep that is in the folder; its grid may have grown or shrunk.
        watch: called with each cell before it is played.
        say: told what servers do; by default standard error.

    Raises:
        UsageError: the folder holds another sweep, or a cell cannot be played as it is told.
        InfrastructureError: the folder or the sandbox cannot be used.
    """
    broken: dict[str, str] = {}
    with RunFolder(folder) as held:
        _begin(held, plan, resume=resume)
        for _, cells in plan.groups:
            waiting = [cell for cell in cells if not _is_whole(cell_folder(folder, cell), plan.config.rollout(cell))]
            if waiting:
                broken |= _play_group(plan, waiting, folder, watch, say or tell)
    return broken


def _play_group(plan: Plan, cells: Sequence[Cell], folder: Path, watch: Watch, say: Say) -> dict[str, str]:
    """Play the cells of one server, and return why some are not whole."""
    broken: dict[str, str] = {}
    try:
        with _sources(plan, cells[0], say) as source_of:
            for cell in cells:
                say(f"cell {cell.name}")
                if why := _play_cell(plan, cell, folder, watch, source_of(cell)):
                    say(why)
                    broken[cell.name] = why
    except PolicyUnavailable as error:
        say(str(error))
        broken |= {cell.name: _first_line(error) for cell in cells}
    return broken


def _play_cell(plan: Plan, cell: Cell, folder: Path, watch: Watch, source: PolicySource | None) -> str | None:
    """Play what is missing of a cell, and return why it is not whole, if it is not."""
    config = plan.config.rollout(cell)
    try:
        result = rollout(config, cell_folder(folder, cell), resume=True, events=watch(cell), source=source)
    except (PolicyUnavailable, UsageError) as error:
        return _first_line(error)
    finally:
        if source is not None:
            source.close()
    if result.stopped is not None:
        return result.stopped
    lost = f"{result.lost} episodes were lost to infrastructure; the last one: {result.last_loss}"
    return lost if result.lost else None


@contextmanager
def _sources(plan: Plan, cell: Cell, say: Say) -> Iterator[Callable[[Cell], PolicySource | None]]:
    """Start the server of some cells, if they have one, and yield what makes the policy of each; it ends with this."""
    if cell.server is None:
        yield lambda cell: None
        return
    command = plan.command(cell, port=free_port())
    for note in command.notes:
        say(note)
    with Process(command) as server:
        say(f"starting {command.shell()}\n          its log: {server.log}")
        server.wait(timeout_s=plan.config.how_served(cell).start_timeout_s, say=say)
        say(f"ready at {command.base_url}")

        def source_of(cell: Cell) -> PolicySource:
            config = plan.config.rollout(cell)
            settings = config.policy.settings(concurrency=config.concurrency)
            there = settings.model_copy(update={"base_url": command.base_url})
            served = OpenAICompatible(command.names[0], there, family_of=cell.player)
            served.name = config.policy.spec
            return Beside(served, server)

        yield source_of


def _begin(held: RunFolder, plan: Plan, *, resume: bool) -> None:
    """Keep what is played and how it is served; a sweep goes on only where the same cells are played in the same way.

    Cells may come and go: those that were served before stay in the configuration.
    """
    served = {
        cell.server.name: plan.config.serve_options(cell).model_dump(mode="json", exclude={"port", "loras", "rl_rank"})
        for cell in plan.playable
        if cell.server is not None
    }
    file = held.path / CONFIG
    with explained(held.path):
        before = read_config(file) if file.exists() else {}
    served_before = before.get("serve", {}) if isinstance(before, dict) else {}

    def identity(config: Config) -> Config:
        both = {name: how for name, how in config["serve"].items() if name in served and name in served_before}
        return {"play": config["play"], "serve": both}

    play = {key: value for key, value in plan.config.play.identity().items() if key != "reference"}
    config = {"play": play, "serve": {**served_before, **served}, "grid": plan.config.grid.model_dump(mode="json")}
    held.begin(config, resume=resume, identity=identity)


def _is_whole(folder: Path, config: RolloutConfig) -> bool:
    """Tell whether a run was begun as a cell is told, and played to its end, with nothing lost."""
    try:
        if identity_of(json.loads((folder / CONFIG).read_text(encoding="utf-8"))) != config.identity():
            return False
        summary: Mapping[str, Any] = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        return summary["stopped"] is None and summary["lost"] == 0
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _first_line(error: AgentGymError) -> str:
    return str(error).partition("\n")[0]
