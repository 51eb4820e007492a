"""How the environment plays a user's task: its box, what is taken and judged of it, and what the oracle does."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

from agentgym.environments.linux_config.own import carry
from agentgym.environments.linux_config.own import prepare as steps
from agentgym.environments.linux_config.own.read import image_source
from agentgym.environments.linux_config.own.task import FAMILY, Box, Grading, files_of
from agentgym.errors import SandboxBroken, SandboxLost
from agentgym.harbor.verifier import ENDED, UNTRUSTED, read_reward, run_verifier
from agentgym.message import Message, call
from agentgym.reward import Component, Reward
from agentgym.sandbox import ImageSource, Sandbox, SandboxSpec
from agentgym.task import Task

SYSTEM_PROMPT = """\
You administer a Debian machine and work on one task at a time. You are root in a shell on it, in the folder {workdir}.

Act by calling tools. `bash` runs commands, `read_file` and `write_file` work on files by absolute path. Do what the
task asks and nothing else. When it is done, call `submit`: the files that you leave are then judged."""

FRESH = "graded in a fresh box from the declared artefacts"
LEFT = "graded in what the policy left (no artefacts are declared): programs there may be its own"
SOLUTION_S = 120


def is_own(task: Task) -> bool:
    """Tell whether a task is a user's own."""
    return task.family == FAMILY


def box_of(task: Task) -> Box:
    """Return what the box of a task is."""
    return Box.model_validate(task.setup[FAMILY])


def grading_of(task: Task) -> Grading:
    """Return how a task is graded."""
    return Grading.model_validate(task.secret[FAMILY])


def image_for(task: Task) -> ImageSource | None:
    """Return what a task's image is built from, if it has one."""
    return image_source(box_of(task)) if is_own(task) else None


def spec_for(task: Task, spec: SandboxSpec) -> SandboxSpec:
    """Return what a task's boxes must be: of its own image, if it has one."""
    source = image_for(task)
    if source is None:
        return spec
    return SandboxSpec.model_validate(spec.model_dump() | {"image": source.name, "programs": ("python3", "bash")})


def system_prompt(task: Task) -> str:
    """Return what the policy is and how it acts."""
    return SYSTEM_PROMPT.format(workdir=box_of(task).workdir)


def opening(task: Task) -> str:
    """Return the first line of a shell on a task."""
    described = box_of(task)
    exports = "".join(f"; export {name}={shlex.quote(value)}" for name, value in described.env.items())
    return f"cd -- {shlex.quote(described.workdir)}{exports}"


def prepare(box: Sandbox, task: Task) -> None:
    """Put a fresh box into a task's starting state."""
    steps.prepare(box, task.id, box_of(task))


def collect(box: Sandbox, task: Task) -> dict[str, bytes]:
    """Return what of the policy's box is judged."""
    return carry.take(box, grading_of(task).artifacts)


def judge(task: Task, taken: Mapping[str, bytes], fresh_box: Callable[[], Sandbox]) -> Reward:
    """Return the reward that the task's test.sh gives, and where it was given."""
    grading, described = grading_of(task), box_of(task)
    fresh = grading.artifacts is not None
    where = Component(name="where", value=1, hard=True, evidence=FRESH if fresh else LEFT, data=dict(UNTRUSTED))
    with fresh_box() as box:
        if why := _set_up(box, task, taken):
            refused = Component(name="artefacts", value=0, hard=True, evidence=why, data=dict(UNTRUSTED))
            return Reward(value=0, components=(refused, where))
        path = ":".join(filter(None, (carry.PATH, described.env.get("PATH"))))
        try:
            found = run_verifier(
                box,
                files_of(grading.tests),
                workdir=described.workdir,
                env={**described.env, **grading.env, "PATH": path, "PYTHONNOUSERSITE": "1"},
                timeout_s=grading.timeout_s,
                keep_artifacts=True,
            )
        except SandboxBroken as error:
            found = {ENDED: f"the grading box was broken from inside: {error}".encode()}
    reward = read_reward(found)
    return reward.model_copy(update={"components": (*reward.components, where)})


def _set_up(box: Sandbox, task: Task, taken: Mapping[str, bytes]) -> str:
    try:
        return carry.set_up(box, task.id, box_of(task), grading_of(task).artifacts, taken)
    except SandboxBroken as error:
        raise SandboxLost(f"no program of the policy's had run in the grading box: {error}") from error


def oracle(task: Task) -> Iterator[Message]:
    """Put the solution into the box, run it as root, and submit."""
    grading = grading_of(task)
    for path, file in files_of(grading.solution).items():
        place = f"/solution/{path}"
        try:
            yield call("write_file", path=place, content=file.data.decode(), mode="0755" if file.executable else "0644")
        except UnicodeDecodeError:
            data = base64.b64encode(file.data).decode()
            yield call("bash", command=f"mkdir -p $(dirname {place}); base64 -d > {shlex.quote(place)} <<< {data}")
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in grading.solution_env.items())
    yield call("bash", command=f"{variables} bash /solution/solve.sh".lstrip(), timeout_s=SOLUTION_S)
    yield call("submit")


def cautions(task: Task) -> Sequence[str]:
    """Return what a user should know of how a task is judged."""
    return grading_of(task).cautions if is_own(task) else ()
