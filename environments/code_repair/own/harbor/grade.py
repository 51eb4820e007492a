"""Grading a Harbor task: `tests/test.sh` runs as root, and writes the reward to a file.

In a fresh box, unless the task says that the environment is shared: then in the agent's own box, at the moment when its
artefacts are taken, with whatever the agent has left running or replaced there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from agentgym.environments.code_repair.own.harbor.task import HarborTask
from agentgym.harbor.folder import File
from agentgym.harbor.verifier import read_reward, run_verifier
from agentgym.reward import Reward
from agentgym.sandbox import Sandbox

MAX_ARTEFACT_BYTES = 8 * 1024 * 1024
MAX_ARTEFACTS = 2_000


def collect(box: Sandbox, task: HarborTask) -> dict[str, bytes]:
    """Return the files of the declared artefacts by absolute path; of a shared task, what its verifier wrote."""
    if task.shared:
        return _run(box, task)
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
        return read_reward(_run(box, task))


def graded_files(task: HarborTask, served: Mapping[str, str], artefacts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the verifier's box: the artefacts, and of what was served all that no artefact covers."""
    begun = {posixpath.join(task.workdir, path): text.encode() for path, text in served.items()}
    rest = {path: data for path, data in begun.items() if not any(_within(path, place) for place in task.artifacts)}
    return rest | {path: data for path, data in artefacts.items() if any(_within(path, p) for p in task.artifacts)}


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def _run(box: Sandbox, task: HarborTask) -> dict[str, bytes]:
    tests = {path: File(text.encode(), executable=False) for path, text in task.tests.items()}
    return run_verifier(box, tests, workdir=task.workdir, env=task.env, timeout_s=task.timeout_s)
