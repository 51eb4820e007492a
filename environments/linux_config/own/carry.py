"""What of the policy's box is judged, and the box that it is judged in.

Nothing that the policy started lives on: its files are carried, as a snapshot, to a box that has just been made. The
system's programs and libraries are never carried, nor is what they read before anything else, so that the programs that
judge are the grading box's own. What the Dockerfile made of them is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentgym.environments.linux_config.own.prepare import prepare
from agentgym.environments.linux_config.own.task import Box
from agentgym.errors import PathError
from agentgym.sandbox import Sandbox

CARRIED, REFUSED = "\0carried", "\0refused"
PYTHONS = tuple(f"python3.{minor}" for minor in range(7, 20))
# The grading box's own: programs, libraries, and what these read of themselves.
KEPT = (
    *(f"/usr/{name}" for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec")),
    *(f"/{name}" for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "tests", "logs/verifier")),
    *(f"/etc/{name}" for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "alternatives")),
    *(f"/usr/local/lib/{name}" for name in ("python3", *PYTHONS)),
    *(f"/usr/local/{folder}/{name}" for folder in ("bin", "sbin") for name in ("python", "python3", *PYTHONS)),
    *(f"/etc/{name}" for name in PYTHONS),
    *(f"/{name}" for name in ("conftest.py", "pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")),
    "/root/.local",
)
SCAN_S = 120.0
# First the system's own programs: what the policy put into /usr/local must not take their place.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
# Answers with the links that lead to where the tests and the reward will be. Passes over what is
# the grading box's own.
SCAN = """
import os, sys
places, passed = ("/tests", "/logs/verifier"), {"/proc", "/sys", *sys.argv[1:]}
def leads(path):
    target = os.path.realpath(path)
    return any(target == place or target.startswith(place + "/") for place in places)
found = [place for place in places if os.path.realpath(place) != place]
todo = ["/"]
while todo and len(found) < 5:
    with os.scandir(todo.pop()) as entries:
        for entry in entries:
            if entry.is_symlink():
                found += [entry.path] * leads(entry.path)
            elif entry.is_dir(follow_symlinks=False) and entry.path not in passed:
                todo.append(entry.path)
print("\\n".join(found))
"""


def take(box: Sandbox, artifacts: Sequence[str] | None) -> dict[str, bytes]:
    """Return what of the policy's box is judged, or why it cannot be.

    Args:
        box: the policy's box.
        artifacts: absolute paths; None for everything.
    """
    try:
        return {CARRIED: box.snapshot(only=artifacts, without=KEPT).data}
    except PathError as error:
        return {REFUSED: f"what was to be judged could not be taken from the box: {error}".encode()}


def set_up(
    box: Sandbox, task_id: str, described: Box, artifacts: Sequence[str] | None, taken: Mapping[str, bytes]
) -> str:
    """Make of a pristine box one as the task has it, with what was taken in place; return why that cannot be done.

    Raises:
        InfrastructureError: the box could not be prepared.
    """
    if REFUSED in taken:
        return taken[REFUSED].decode("utf-8", "replace")
    prepare(box, task_id, described)
    system = box.snapshot(only=KEPT)
    if artifacts is None:
        box.reset()
    else:
        box.reset(to=box.snapshot(without=artifacts))
    try:
        box.lay(replace(system, data=taken[CARRIED]))
    except PathError as error:
        return f"what was to be judged could not be put into the grading box: {error}"
    box.lay(system)
    return links_to_the_tests(box)


def links_to_the_tests(box: Sandbox) -> str:
    """Return which links would show the tests, or take the reward elsewhere; empty if none would."""
    result = box.exec(["python3", "-I", "-S", "-c", SCAN, *KEPT], timeout_s=SCAN_S, user="root", env={"PATH": PATH})
    if not result.ok:
        return f"the links in what was left could not be followed: {result.text[-200:]}"
    found = ", ".join(result.stdout.decode("utf-8", "replace").split("\n")).strip(", ")
    return f"links lead to where the tests or the reward will be: {found}" if found else ""
