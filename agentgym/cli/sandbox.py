"""`agentgym sandbox`: build box images, say what can be enforced, work in a box, list boxes, remove strays."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from agentgym import plugins
from agentgym.cli import doctor, shell
from agentgym.cli.output import opened, print_json, print_rows
from agentgym.command_line import tell
from agentgym.errors import AgentGymError, UsageError, unknown
from agentgym.sandbox import BoxInfo, SandboxBackend

SUMMARY = "build box images, see what can be enforced, work in a box, list boxes, remove strays"
ACTIONS = ("doctor", "build", "shell", "list", "reap")

Answer = TypeVar("Answer")


def add_actions(sandbox: argparse.ArgumentParser) -> None:
    """Add the actions to the parser of `agentgym sandbox`."""
    actions = sandbox.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser
    examination = add("doctor", help="say what each backend can enforce on this machine, and how to get the rest")
    examination.set_defaults(run=doctor.run)

    build = add("build", help="make the box images that are missing")
    build.add_argument("image", nargs="?", default="linux", help="which image (default: linux)")
    build.set_defaults(run=_build)

    shell.add_options(add("shell", help="open a fresh box and work in it"))

    listing = add("list", help="every box on this machine, and who owns it")
    listing.set_defaults(run=_list)
    reap = add("reap", help="remove boxes whose owner is dead")
    reap.set_defaults(run=_reap)
    for action in (examination, build, listing, reap):
        action.add_argument("--json", action="store_true", help="print JSON")


def _build(arguments: argparse.Namespace) -> int:
    from agentgym.sandboxes import images

    name = arguments.image
    if name not in images.names():
        raise UsageError(unknown("box image", name, images.names()))
    built = images.build(name, progress=lambda line: print(line, file=sys.stderr, flush=True))
    if arguments.json:
        paths = {"rootfs": str(built.rootfs), "tar": str(built.tar), "packages": str(built.packages)}
        digests = {"tar_sha256": built.tar_sha256, "docker_image": built.docker_image}
        print_json({"image": name, "key": images.recipe(name).key, **paths, **digests})
    else:
        engine = "in the Docker engine too" if built.docker_image else "not in a Docker engine, as none answers"
        print(f"The box image {name} is there: {built.rootfs}, and {engine}.")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    found, unseen = _ask_each(lambda backend: list(backend.boxes()))
    boxes = [box for some in found.values() for box in some]
    if arguments.json:
        print_json({"boxes": [{**vars(box), "stray": box.stray} for box in boxes], "unavailable": unseen})
    elif boxes:
        headings = ("box", "backend", "age", "image", "owner")
        rows = [(box.name, box.backend, _age(box), box.image or "unknown", _owner(box)) for box in boxes]
        print_rows("", rows, headings=headings)
    elif found:
        print(f"There are no boxes on this machine ({', '.join(found)}).")
    return 0 if found else 1


def _reap(arguments: argparse.Namespace) -> int:
    found, unseen = _ask_each(lambda backend: backend.reap())
    if arguments.json:
        print_json({"backends": {name: vars(report) for name, report in found.items()}, "unavailable": unseen})
        return 0 if found else 1
    for name, report in found.items():
        print(f"{name}: removed {len(report.removed)}, left {len(report.kept)} that have a living owner")
        for box in report.removed:
            print(f"  removed {box}")
    return 0 if found else 1


def _ask_each(ask: Callable[[SandboxBackend], Answer]) -> tuple[dict[str, Answer], dict[str, str]]:
    """Return the answer of each backend, and why others have none, which is also said on standard error."""
    answers: dict[str, Answer] = {}
    unseen: dict[str, str] = {}
    for name in plugins.backends():
        try:
            with opened(name) as backend:
                answers[name] = ask(backend)
        except AgentGymError as error:
            unseen[name] = str(error)
            tell(f"{name} was not looked at: {error}")
    return answers, unseen


def _owner(box: BoxInfo) -> str:
    who = f"pid {box.owner_pid}" if box.owner_pid is not None else "nobody"
    if box.owner_lives:
        return f"{who}, lives"
    if not box.stray and box.lease_until is not None:
        until = time.strftime("%Y-%m-%d %H:%M", time.localtime(box.lease_until))
        return f"{who}, out of sight: lease until {until}"
    why = "lease has ended" if box.owner_lives is None else "dead"
    return f"{who}, {why}: `agentgym sandbox reap` removes the box"


def _age(box: BoxInfo) -> str:
    if box.started_at is None:
        return "unknown"
    seconds = max(0.0, time.time() - box.started_at)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
