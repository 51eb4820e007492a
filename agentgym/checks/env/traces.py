"""What an episode leaves to the next one, and what an environment leaves to the machine: nothing."""

from __future__ import annotations

import ctypes
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentgym.checks.bench import alive
from agentgym.checks.env.elsewhere import parts
from agentgym.checks.env.stage import SIMPLE_CALLS, Stage, differing
from agentgym.checks.report import expect
from agentgym.env import AgentEnv
from agentgym.errors import UsageError
from agentgym.message import call
from agentgym.task import Task

COMMAND_S = 20.0
GONE_WITHIN_S = 3.0
PR_SET_CHILD_SUBREAPER = 36


def a_reset_leaves_nothing_behind(stage: Stage) -> None:
    """No work, no file, no process and no variable of an episode is there in the next, whether or not it was ended.

    The same simple calls are judged the same, too, before and after the oracle's episodes.
    """
    task = stage.solvable()
    before = parts(stage.play(task, stage.simple_work()))
    if stage.env.has_oracle:
        _expect_no_work_kept(stage, task)
    after = parts(stage.play(task, stage.simple_work()))
    expect(
        after == before,
        f"{SIMPLE_CALLS} got {before['reward']:g} on {task.id}, and {after['reward']:g} after other episodes; "
        f"what differs: {', '.join(differing(before, after))}",
    )
    if stage.env.spec_for(task) is not None:
        _expect_clean_boxes(stage, task)


def _expect_no_work_kept(stage: Stage, task: Task) -> None:
    """Play the oracle, to its end and up to it, and see that doing nothing earns nothing afterwards."""
    whole = list(stage.env.oracle(task))
    for told, messages in (("an episode", whole), ("an episode that was broken off", whole[:-1])):
        stage.begin(task)
        for message in messages:
            stage.env.step(message)
        value = stage.play(task, stage.env.noop).value
        expect(value == 0, f"noop got {value:g} on {task.id} after {told} in which the oracle played it")
        with stage.another() as other:
            value = stage.play(task, other.noop, env=other).value
        expect(value == 0, f"noop got {value:g} on {task.id} in another environment after {told} of the oracle's")


def _expect_clean_boxes(stage: Stage, task: Task) -> None:
    word = f"left{secrets.token_hex(8)}"
    stage.begin(task)
    box, workdir = stage.env.box, stage.env.box.spec.workdir
    places = " ".join(f"{folder}/{word}" for folder in (workdir, "/tmp", "/var/tmp", "/dev/shm", "$HOME"))
    box.exec(["sh", "-c", f"touch {places} 2>/dev/null; true"], timeout_s=COMMAND_S)
    stage.env.shell.run(f"export PLANTED={word}; sh -c 'sleep 600; : {word}' >/dev/null 2>&1 &", timeout_s=COMMAND_S)
    expect(_seen(stage.env, places), f"nothing could be planted in the box of {task.id}")
    stage.begin(task)
    expect(not (left := _seen(stage.env, places)), f"files of one episode are in the next: {left}")
    expect(not (left := alive(stage.env.box, word)), f"a process of one episode runs in the next: {left}")
    variable = stage.env.shell.run("echo $PLANTED", timeout_s=COMMAND_S).text
    expect(word not in variable, "a variable of one episode's shell is set in the next")


def _seen(env: AgentEnv, places: str) -> str:
    return env.box.exec(["sh", "-c", f"ls -d {places} 2>/dev/null; true"], timeout_s=COMMAND_S).text.strip()


def closing_leaves_nothing(stage: Stage) -> None:
    """A closed environment has no box, thread, process or temporary file, can be closed again, and asks for a reset.

    Processes count whose parent has ended, too, and so do temporary folders.
    """
    task = stage.solvable()
    with _orphans_adopted(), _own_temporary_folder() as folder:
        _open_and_close(stage, task)
        boxes, before = stage.boxes.boxes_open, _traces(folder)
        _open_and_close(stage, task)
        expect(stage.boxes.boxes_open == boxes, f"{stage.boxes.boxes_open - boxes} boxes are open after close()")
        for what, left in _left(lambda: _traces(folder), before).items():
            expect(not left, f"{what} are there after close() that were not before: {', '.join(sorted(left)[:5])}")


def _open_and_close(stage: Stage, task: Task) -> None:
    """Play an episode to its end, leave another one open, and close."""
    with stage.another() as env:
        stage.play(task, env.noop, env=env)
        stage.begin(task, env=env)
        if env.spec_for(task) is not None:
            env.box.health()
        env.close()
        try:
            env.step(call("no-such-tool"))
        except UsageError as error:
            expect("reset" in str(error), f"a step after close() does not say to reset: {error}")
        else:
            expect(False, "a step after close() is taken as if the episode went on")


Traces = dict[str, set[str]]


def _traces(folder: Path) -> Traces:
    return {
        "threads": {f"{thread.name} ({thread.ident})" for thread in threading.enumerate()},
        "processes": set(_children()),
        "temporary files and folders": {str(path.relative_to(folder)) for path in folder.rglob("*")},
    }


def _left(now: Callable[[], Traces], before: Traces) -> Traces:
    """Return what is there that was not before, once what is ending has had time to."""
    until = time.monotonic() + GONE_WITHIN_S
    while True:
        left = {what: there - before[what] for what, there in now().items()}
        if not any(left.values()) or time.monotonic() > until:
            return left
        time.sleep(0.05)


def _children() -> Iterator[str]:
    """Yield the processes that this one started and that have not ended."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                command = (entry / "cmdline").read_text("utf-8", "replace").replace("\0", " ")
            except OSError:
                continue
            if int(parent) == os.getpid() and state not in "ZX":
                yield f"{entry.name} {command[:60]}"


@contextmanager
def _orphans_adopted() -> Iterator[None]:
    """Become the parent of each process below this one whose own parent ends, so that it counts as a child."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@contextmanager
def _own_temporary_folder() -> Iterator[Path]:
    """Have this process make its temporary files in a folder of their own, as other programs make some as well."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        os.chmod(folder, 0o1777)
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before
