"""Grading a Harbor task: `tests/test.sh` runs as root, and writes the reward to a file.

In a fresh box, unless the task says that the environment is shared: then in the agent's own box, at the moment when its
artefacts are taken, with whatever the agent has left running or replaced there.
"""

from __future__ import annotations

import json
import math
import posixpath
from collections.abc import Callable, Mapping

from agentgym.environments.code_repair.checking import how_it_ended
from agentgym.environments.code_repair.own.harbor.task import HarborTask
from agentgym.errors import PathError
from agentgym.reward import Component, Reward
from agentgym.sandbox import ExecResult, Sandbox

MAX_ARTEFACT_BYTES = 8 * 1024 * 1024
MAX_ARTEFACTS = 2_000
MAX_REWARD_BYTES = 64 * 1024
LOGS = "/logs/verifier"
REWARDS = ("reward.txt", "reward.json")
MAX_SHOWN_CHARS = 400
# Names that no path has: the result of a verifier that ran in the agent's own box.
ENDED, OUTPUT = "\0ended", "\0output"


def collect(box: Sandbox, task: HarborTask) -> dict[str, bytes]:
    """Return the files of the declared artefacts by absolute path; of a shared task, what its verifier wrote."""
    if task.shared:
        return run_verifier(box, task)
    return box.get_tree(task.artifacts, max_bytes=MAX_ARTEFACT_BYTES, max_files=MAX_ARTEFACTS)


def judge(
    task: HarborTask, served: Mapping[str, str], artefacts: Mapping[str, bytes], fresh_box: Callable[[], Sandbox]
) -> Reward:
    """Return the reward that the task's verifier gives.

    Args:
        task: the task.
        served: the files that the agent's box began with, relative to the workdir.
        artefacts: what `collect` returned.
        fresh_box: opens a pristine box.
    """
    if task.shared:
        return read_reward(artefacts)
    with fresh_box() as box:
        box.put_tree({path.lstrip("/"): data for path, data in graded_files(task, served, artefacts).items()}, "/")
        return read_reward(run_verifier(box, task))


def graded_files(task: HarborTask, served: Mapping[str, str], artefacts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the verifier's box: the artefacts, and of what was served all that no artefact covers."""
    begun = {posixpath.join(task.workdir, path): text.encode() for path, text in served.items()}
    rest = {path: data for path, data in begun.items() if not any(_within(path, place) for place in task.artifacts)}
    return rest | {path: data for path, data in artefacts.items() if any(_within(path, p) for p in task.artifacts)}


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def run_verifier(box: Sandbox, task: HarborTask) -> dict[str, bytes]:
    """Run test.sh in a box and return what it wrote, and how it ended."""
    # An agent that is root may have put a reward, or a helper, there beforehand.
    box.exec(["rm", "-rf", "/tests", "/logs"], timeout_s=30, user="root")
    box.put_tree({path: text.encode() for path, text in task.tests.items()}, "/tests", user="root")
    made = box.exec(["mkdir", "-p", LOGS, "/logs/artifacts", task.workdir], timeout_s=30, user="root")
    if not made.ok:
        return {ENDED: b"the folder for the reward could not be made"}
    argv = ["bash", "/tests/test.sh"]
    result = box.exec(argv, timeout_s=task.timeout_s, cwd=task.workdir, env=task.env, user="root")
    found: dict[str, bytes] = {ENDED: f"test.sh {how_it_ended(result)}".encode(), OUTPUT: _last_words(result)}
    if result.exit_code is None:
        return found
    for name in REWARDS:
        try:
            found[name] = box.read(f"{LOGS}/{name}", max_bytes=MAX_REWARD_BYTES, user="root")
        except PathError:
            continue
    return found


def _last_words(result: ExecResult) -> bytes:
    return result.text.strip()[-MAX_SHOWN_CHARS:].encode("utf-8", "replace")


def read_reward(found: Mapping[str, bytes]) -> Reward:
    """Return the reward that a verifier has written: `reward.txt`, else `reward.json`; 0 if neither can be used."""
    ended = found.get(ENDED, b"").decode("utf-8", "replace")
    for name in REWARDS:
        if name not in found:
            continue
        value = _number(name, found[name])
        if value is None:
            return Reward.zero("verifier", f"{name} holds no number from 0 to 1: {found[name][:80]!r}; {ended}")
        evidence = f"{name}: {value:g}; {ended}"
        output = found.get(OUTPUT, b"").decode("utf-8", "replace")
        return Reward.of([Component(name="verifier", value=value, evidence=evidence, data={"output": output})])
    return Reward.zero(
        "verifier", f"no reward was written; {ended}: {found.get(OUTPUT, b'').decode('utf-8', 'replace')}"
    )


def _number(name: str, data: bytes) -> float | None:
    """Return the reward in a file: a number, or in JSON the value of `reward` or of the only key."""
    try:
        text = data.decode("utf-8").strip()
        value = float(text) if name.endswith(".txt") else json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        value = value.get("reward", next(iter(value.values())) if len(value) == 1 else None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 <= value <= 1 else None
