"""Carrying out a Dockerfile's steps in a box of our image: as root, in order, without a network."""

from __future__ import annotations

from agentgym.environments.linux_config.own.task import ROOT, Box, CopyStep, FolderStep, RunStep
from agentgym.errors import PathError, SandboxLost, VerifierFault
from agentgym.harbor.folder import File
from agentgym.harbor.verifier import how_it_ended, put_files
from agentgym.sandbox import ExecReason, ExecResult, Sandbox

SHIMS = "/tmp/.packages-are-there"
# What is to be installed is in the image; what else apt can do without a network, it does.
SHIM = """\
#!/bin/sh
for word; do
    case "$word" in
        -*) ;;
        install | update | upgrade | dist-upgrade | clean | autoclean) exit 0 ;;
        *) break ;;
    esac
done
exec /usr/bin/{name} "$@"
"""
STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FILES_S = 60.0
LONGEST_STEP_S = 600.0
LAST_WORDS = 400


def prepare(box: Sandbox, task_id: str, described: Box) -> None:
    """Put a fresh box into the task's starting state.

    Raises:
        VerifierFault: a step failed; names its line and what it said.
        SandboxLost: a step ended in a way that says nothing about the task.
    """
    apt = any(isinstance(step, RunStep) and "apt" in step.argv[-1] for step in described.steps)
    if apt:
        shims = {name: File(SHIM.format(name=name).encode(), executable=True) for name in ("apt-get", "apt")}
        put_files(box, shims, SHIMS)
    for step in described.steps:
        try:
            match step:
                case FolderStep():
                    _done(box.exec(["mkdir", "-p", "--", step.path], timeout_s=FILES_S, user=ROOT))
                case CopyStep():
                    _copy(box, step, described)
                case RunStep():
                    _done(_run(box, step, apt, min(described.build_timeout_s, LONGEST_STEP_S)))
        except (PathError, _StepFailed) as error:
            raise VerifierFault(f"{task_id}: environment/Dockerfile:{step.line} cannot be followed: {error}") from error
    if apt:
        box.exec(["rm", "-rf", SHIMS], timeout_s=FILES_S, user=ROOT)
    box.exec(["mkdir", "-p", "--", described.workdir], timeout_s=FILES_S, user=ROOT)


class _StepFailed(Exception):
    """A command of the task's own failed."""


def _done(result: ExecResult) -> None:
    if result.ok:
        return
    if result.reason is ExecReason.TIMEOUT:
        raise SandboxLost(f"a box could not be prepared: a step took more than {result.seconds:.0f} s")
    raise _StepFailed(f"{how_it_ended(result)}: {result.text.strip()[-LAST_WORDS:]}")


def _run(box: Sandbox, step: RunStep, apt: bool, timeout_s: float) -> ExecResult:
    path = step.env.get("PATH", STANDARD_PATH)
    env = {**step.env, "PATH": f"{SHIMS}:{path}" if apt else path, "DEBIAN_FRONTEND": "noninteractive"}
    return box.exec(step.argv, timeout_s=timeout_s, cwd=step.cwd, env=env, user=step.user)


def _copy(box: Sandbox, step: CopyStep, described: Box) -> None:
    put_files(box, {path.lstrip("/"): described.context[name].file() for path, name in step.files.items()}, "/")
    if step.mode:
        _done(box.exec(["chmod", step.mode, "--", *step.files], timeout_s=FILES_S, user=ROOT))
    if step.owner:
        _done(box.exec(["chown", step.owner, "--", *step.files], timeout_s=FILES_S, user=ROOT))
