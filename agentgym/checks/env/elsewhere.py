"""The same asked of other processes, which hash otherwise and have other dates and hours."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from agentgym import plugins
from agentgym.checks.env.origin import Origin, Unguarded, find, origin_of
from agentgym.checks.env.stage import Stage
from agentgym.checks.report import Failed, expect, skip
from agentgym.env import AgentEnv
from agentgym.errors import InfrastructureError, SandboxLost, UsageError, VerifierFault
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
        Failed: it broke there, its verifier included.
        SandboxLost: the world took its boxes away.
    """
    options = _options(stage)
    yield from _told(
        {"origin": _origin(stage), "options": options, "sandbox": _backend_name(stage), "seed": stage.seed}
    )


def _told(request: Mapping[str, Any]) -> Iterator[Told]:
    for differs in PROCESSES:
        where = " ".join(f"{name}={value}" for name, value in differs.items())
        answer = _ask(request, differs, where)
        if "unguarded" in answer:
            skip(f"another process cannot find the environment: {answer['unguarded']}")
        if "lost" in answer:
            raise SandboxLost(f"another process ({where}): {answer['lost']}")
        expect("broke" not in answer, f"it broke in a process with {where}: {answer.get('broke')}")
        yield Told(answer["told"], where)


def _ask(request: Mapping[str, Any], differs: Mapping[str, str], where: str) -> Mapping[str, Any]:
    """Have another process answer a request, and end it with all that it left running."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    with tempfile.TemporaryDirectory(prefix="agentgym-elsewhere-") as folder:
        asked, answered, said = (Path(folder, name) for name in ("asked.json", "answered.json", "said.txt"))
        asked.write_text(json.dumps(request))
        with said.open("wb") as errors:
            process = subprocess.Popen(
                # -P: the same places are searched as here, and not the current folder before them.
                [sys.executable, "-P", "-m", "agentgym.checks.env.elsewhere", str(asked), str(answered)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path, **differs},
            )
        try:
            status = process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"another process ({where}) did not end within {LONGEST_S} s") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        told = said.read_text(errors="replace").strip()[-500:]
        expect(
            status == 0 and answered.exists(), f"another process ({where}) ended with {status} and no answer: {told}"
        )
        answer: Mapping[str, Any] = json.loads(answered.read_text())
        return answer


def _origin(stage: Stage) -> Origin:
    env_class = type(stage.env)
    return origin_of(env_class) or skip(
        f"{env_class.__qualname__} cannot be found from another process: define it at the top of a module"
    )


def _options(stage: Stage) -> Mapping[str, Any]:
    make, env_class = stage.make_env, type(stage.env)
    if make is env_class:
        return {}
    if isinstance(make, functools.partial) and make.func is env_class and not make.args:
        options = {name: value for name, value in make.keywords.items() if name != "sandbox"}
        if _is_plain(options):
            return options
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
    """Return what the scripts of `Stage.players` get on the first task of each split, whole and by component."""
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


def _result(request: Mapping[str, Any]) -> Mapping[str, object]:
    try:
        return {"told": _answer(request)}
    except Unguarded as error:
        return {"unguarded": str(error)}
    except VerifierFault as error:
        return {"broke": str(error)}
    except InfrastructureError as error:
        return {"lost": str(error)}


if __name__ == "__main__":
    asked, answered = map(Path, sys.argv[1:])
    answered.write_text(json.dumps(_result(json.loads(asked.read_text()))))
