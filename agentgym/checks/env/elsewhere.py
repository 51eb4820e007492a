"""The same asked of other processes, which hash otherwise and have other dates and hours."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from agentgym import plugins
from agentgym.checks.env.origin import Origin, find, origin_of
from agentgym.checks.env.stage import Stage
from agentgym.checks.report import Failed, expect, skip
from agentgym.env import AgentEnv
from agentgym.errors import InfrastructureError, SandboxLost, UsageError
from agentgym.reward import Reward
from agentgym.task import Split

# 26 hours lie between the two zones, so it is never one day in both.
PROCESSES: Sequence[Mapping[str, str]] = (
    {"PYTHONHASHSEED": "1", "TZ": "<+14>-14"},
    {"PYTHONHASHSEED": "2", "TZ": "<-12>12"},
)
LONGEST_S = 600


class Told(NamedTuple):
    """What one other process says.

    Attributes:
        told: what was asked.
        where: what is otherwise there, as one writes it before a command.
    """

    told: Any
    where: str


def hashes_elsewhere(stage: Stage, count: int) -> Iterator[Told]:
    """Yield what `hashes_of` says in other processes.

    Raises:
        Skipped: another process cannot find the environment.
        Failed: it broke there.
    """
    yield from _told({"origin": _origin(stage), "count": count})


def verdicts_elsewhere(stage: Stage) -> Iterator[Told]:
    """Yield what `verdicts_of` says in other processes.

    Raises:
        Skipped: another process cannot make the same environment.
        Failed: it broke there.
        SandboxLost: the world took its boxes away.
    """
    options = _options(stage)
    yield from _told(
        {"origin": _origin(stage), "options": options, "sandbox": _backend_name(stage), "seed": stage.seed}
    )


def _told(request: Mapping[str, Any]) -> Iterator[Told]:
    path = {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    for differs in PROCESSES:
        where = " ".join(f"{name}={value}" for name, value in differs.items())
        try:
            done = subprocess.run(
                [sys.executable, "-m", "agentgym.checks.env.elsewhere"],
                input=json.dumps(request),
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_S,
                env={**os.environ, **path, **differs},
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"another process ({where}) did not end within {LONGEST_S} s") from None
        expect(done.returncode == 0, f"another process ({where}) could not do it: {done.stderr.strip()[-500:]}")
        answer = json.loads(done.stdout)
        if "lost" in answer:
            raise SandboxLost(f"another process ({where}): {answer['lost']}")
        yield Told(answer["told"], where)


def _origin(stage: Stage) -> Origin:
    env_class = type(stage.env)
    return origin_of(env_class) or skip(
        f"{env_class.__qualname__} cannot be found from another process: define it at the top of a module"
    )


def _options(stage: Stage) -> Mapping[str, Any]:
    make, env_class = stage.make_env, type(stage.env)
    if make is env_class:
        return {}
    if isinstance(make, functools.partial) and make.func is env_class and not make.args and _is_plain(make.keywords):
        return make.keywords
    skip("another process can make it from its class alone, or from a functools.partial of that with plain options")


def _is_plain(options: Mapping[str, Any]) -> bool:
    try:
        return bool(json.loads(json.dumps(options)) == options)
    except TypeError:
        return False


def _backend_name(stage: Stage) -> str:
    name = stage.given if isinstance(stage.given, str) else stage.given.name
    try:
        plugins.check_backend_name(name)
    except UsageError:
        skip(f"another process has no sandbox backend {name!r}")
    return name


def hashes_of(env_class: type[AgentEnv], count: int) -> dict[str, list[str]]:
    """Return a hash of the whole of each of the first tasks, by split."""
    return {
        str(split): [hashlib.sha256(task.to_bytes()).hexdigest() for task in env_class.tasks(split)[:count]]
        for split in Split
    }


def verdicts_of(stage: Stage) -> dict[str, dict[str, float]]:
    """Return what the oracle and noop get on the first task of each split, whole and by component."""
    return {
        f"{who} on {task.id}": parts(stage.play(task, script, who=who))
        for task in stage.firsts()
        for who, script in stage.players.items()
        if not task.canary  # whose reward is 0 whatever is judged
    }


def parts(reward: Reward) -> dict[str, float]:
    """Return the value of a reward and of each of its components, by name."""
    return {"reward": reward.value} | {component.name: component.value for component in reward.components}


def _answer(request: Mapping[str, Any]) -> object:
    env_class = find(Origin(*request["origin"]))
    if "count" in request:
        return hashes_of(env_class, request["count"])
    with closing(env_class(sandbox=request["sandbox"], **request["options"])) as env:
        return verdicts_of(Stage(env, 1, seed=request["seed"]))


if __name__ == "__main__":
    # What an environment prints is not the answer.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        try:
            json.dump({"told": _answer(json.load(sys.stdin))}, answers)
        except InfrastructureError as error:
            json.dump({"lost": str(error)}, answers)
