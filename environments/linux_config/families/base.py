"""What a task family is: generators of tickets, and a way to judge what became of the box."""

from __future__ import annotations

import inspect
import json
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from agentgym.environments.linux_config.state import StartingState
from agentgym.reward import Component
from agentgym.task import Task

Commands = Callable[[Task], Sequence[str]]


@dataclass(frozen=True)
class Draft:
    """A task in the making.

    Attributes:
        prompt: the ticket.
        state: what the box starts with.
        gold: shell commands that do what the ticket asks.
        plan: what the family needs in order to judge: whom to try what as, and what must come of it.
        roots: the paths at or below which everything is carried to the grading box.
    """

    prompt: str
    state: StartingState
    gold: tuple[str, ...]
    plan: Mapping[str, Any]
    roots: tuple[str, ...]


class Kind(NamedTuple):
    """A sub-family: one sort of ticket at one level.

    Attributes:
        name: unique within its family.
        level: 1 (one fault, its fix is named), 2 (a policy, or two things that work together), 3 (a policy with what
            must not become possible), 4 (a misleading state: drop-ins that override, files of a vendor that must stay)
            or 5 (several hosts, or several services, that must agree).
        draw: makes a task from a source of randomness.
        held_out: no train task is of this kind.
        short: one short shell command solves it.
        canary: what its tickets ask for contradicts itself, so that nothing but a cheat passes them.
    """

    name: str
    level: int
    draw: Callable[[random.Random], Draft]
    held_out: bool = False
    short: bool = False
    canary: bool = False


@dataclass(frozen=True)
class Claims:
    """What was carried out of the policy's box: the metadata and the bytes it claims that its files have."""

    nodes: tuple[Mapping[str, Any], ...]
    contents: Mapping[str, bytes]

    def text(self, path: str) -> str:
        """Return a file's text, undecodable bytes replaced."""
        return self.contents[path].decode("utf-8", "replace")


class Family(ABC):
    """A task family. It is stateless: one instance serves all tasks.

    Attributes:
        name: of the family; its folder has the same, with `_` for `-`.
        summary: what its tickets are about, for tables.
        judged_by: the behaviour that decides, for tables.
        kinds: its sub-families, easiest first.
        cheats: shell commands that look like the work on this family's tickets, by name; each must score below 1.
        carries_data: what is carried are files of users, whose bytes must stay and which may be executable.
        runs_scripts: what is carried are scripts, which keep their execute bits. Otherwise, and unless it is data, it
            is configuration, which is never executable in a grading box.
        carries_links: symbolic links are carried too; otherwise they are left out.
        may_change: paths at or below `/usr/bin`, `/usr/sbin` or `/usr/lib` that the work itself changes.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    judged_by: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]]
    cheats: ClassVar[Mapping[str, Commands]] = {}
    carries_data: ClassVar[bool] = False
    runs_scripts: ClassVar[bool] = False
    carries_links: ClassVar[bool] = False
    may_change: ClassVar[tuple[str, ...]] = ()

    @property
    def probe(self) -> Path:
        """The program of this family that acts in the grading box."""
        return Path(inspect.getfile(type(self))).parent / "probe.py"

    def plan(self, plan: Mapping[str, Any], claims: Claims, token: str) -> dict[str, Any]:
        """Return what the probe is told: what to try, never what must come of it."""
        return dict(plan["probe"]) | {"token": token}

    @abstractmethod
    def judge(self, plan: Mapping[str, Any], claims: Claims, seen: Any, before: Any, token: str) -> list[Component]:
        """Compare what the probe saw with what the plan expects."""


def rule(name: str, passed: bool, evidence: str, **data: Any) -> Component:
    """Return a hard component for what must be so and already was: kept or broken."""
    return Component(name=name, value=float(passed), hard=True, evidence=evidence, data=json.loads(json.dumps(data)))


def goal(name: str, passed: bool, evidence: str, **data: Any) -> Component:
    """Return a hard component for what the ticket asks for, which doing nothing does not earn."""
    return rule(name, passed, evidence, **data).model_copy(update={"goal": True})


def files_stay(stays: Sequence[Mapping[str, Any]], claims: Claims) -> Iterator[Component]:
    """Yield for each file (of a package, say) whether it is as it was: byte for byte, with its owner and mode.

    Args:
        stays: `path`, `text`, `mode`, `uid` and `gid` of each.
        claims: what was carried.
    """
    found = {node["path"]: node for node in claims.nodes if node["kind"] == "file"}
    for before in stays:
        path = before["path"]
        now = found.get(path)
        same = now is not None and all(now[key] == before[key] for key in ("mode", "uid", "gid"))
        same = same and claims.text(path) == before["text"]
        yield rule(f"{path} stays", same, "as it was" if same else "changed or gone")


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence has them: `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
