"""How the environment plays a user's task: what is asked of the box, collected, judged, and done by the oracle."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping

from agentgym.env import Artefacts
from agentgym.environments.code_repair.own import judge as own_judge
from agentgym.environments.code_repair.own.definition import Definition
from agentgym.environments.code_repair.own.harbor import grade
from agentgym.environments.code_repair.own.harbor.task import FAMILY as HARBOR
from agentgym.environments.code_repair.own.harbor.task import HarborTask
from agentgym.environments.code_repair.own.paths import MAX_SOURCE_BYTES
from agentgym.environments.code_repair.own.read import FAMILY as OWN
from agentgym.errors import PathError
from agentgym.message import Message, call
from agentgym.reward import Reward
from agentgym.sandbox import Sandbox, SandboxSpec
from agentgym.task import Task

SYSTEM_PROMPT = """\
You work on a program in the folder {workdir}.
Act only by calling tools. Look at the code, change it with replace_in_file or write_file, check it with run_tests, then
call submit. You are judged by what the program does, also in ways that the tests you see do not have."""

# What root can do in a container that nobody has restricted further, and test scripts rely on, as in `su agent`.
ROOTS_POWERS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID")


def is_own(task: Task) -> bool:
    """Tell whether a task is a user's own."""
    return OWN in task.secret or HARBOR in task.secret


def cautions(task: Task) -> list[str]:
    """Return what the user should know of how a task is judged."""
    if OWN not in task.secret or _definition(task).entry_points:
        return []
    return ["judged by tests alone, which code that knows pytest well can forge; entry_points are safer"]


def is_harbor(task: Task) -> bool:
    """Tell whether a task came in Harbor's layout."""
    return HARBOR in task.secret


def _definition(task: Task) -> Definition:
    return Definition.model_validate(task.secret[OWN])


def _harbor(task: Task) -> HarborTask:
    return HarborTask.model_validate(task.secret[HARBOR])


def spec_for(task: Task, spec: SandboxSpec) -> SandboxSpec:
    """Return what a task's boxes must be: those of Harbor tasks belong to root, and have a workdir of their own."""
    if not is_harbor(task):
        return spec
    changes = {"user": "root", "workdir": _harbor(task).workdir, "linux_capabilities": ROOTS_POWERS}
    return SandboxSpec.model_validate(spec.model_dump() | changes)


def system_prompt(spec: SandboxSpec) -> str:
    """Return how to act."""
    return SYSTEM_PROMPT.format(workdir=spec.workdir)


def collect(box: Sandbox, task: Task) -> Artefacts:
    """Return the declared files by path; what is missing, special or too large is left out."""
    if is_harbor(task):
        return grade.collect(box, _harbor(task))
    found: dict[str, bytes] = {}
    for name in _definition(task).declared:
        path = posixpath.join(box.spec.workdir, name)
        try:
            tree = box.get_tree([path], max_bytes=MAX_SOURCE_BYTES, max_files=1)
        except PathError:
            continue
        if path in tree:
            found[name] = tree[path]
    return found


def judge(task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
    """Judge what was collected."""
    if is_harbor(task):
        return grade.judge(_harbor(task), task.files, artefacts, fresh_box)
    return own_judge.judge(_definition(task), artefacts, fresh_box)


def oracle(task: Task) -> Iterable[Message]:
    """Put the solution into the box, and submit."""
    yield from _solve(_harbor(task)) if is_harbor(task) else _write("", _definition(task).gold)
    yield call("submit")


def _write(folder: str, files: Mapping[str, str]) -> Iterator[Message]:
    for path, text in files.items():
        yield call("write_file", path=posixpath.join(folder, path), content=text)


def _solve(task: HarborTask) -> Iterator[Message]:
    yield from _write("/solution", task.solution)
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in task.solution_env.items())
    yield call("bash", command=f"cd {task.workdir} && {variables} bash /solution/solve.sh")
