"""The verifier: rebuild the judged state in a fresh box, watch what it does there, and compare that with the plan."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agentgym.environments.linux_config import carry
from agentgym.environments.linux_config.families.base import Claims, Family, rule
from agentgym.environments.linux_config.state import texts
from agentgym.errors import VerifierFault
from agentgym.reward import Component, Reward
from agentgym.sandbox import ExecReason, Sandbox
from agentgym.task import Task

CHECKER = "/root/checker"
INBOX = Path(__file__).parent / "inbox"
TIMEOUT_S = 60.0
MACHINE_CODE = (b"\x7fELF", b"!<arch>")
EXECUTABLE_BITS, SET_ID_BITS = 0o111, 0o6000
# SHA-256 crypt of the word `check`, with few rounds: the probes' users log in often, and only in grading boxes.
PASSWORD_HASH = "$5$rounds=1000$agentgym$ZgENDyO8G3EnAF0yg6CEd4ziGAT8Oua3LuZ4KKhsli/"


def verify(task: Task, family: Family, artefacts: Mapping[str, bytes], fresh_box: Callable[[], Sandbox]) -> Reward:
    """Judge what was collected, and name what looks like tampering; the value is 0 or 1."""
    return _judged(task, family, artefacts, fresh_box).with_signs(_signs(artefacts, family))


def _judged(task: Task, family: Family, artefacts: Mapping[str, bytes], fresh_box: Callable[[], Sandbox]) -> Reward:
    roots = roots_of(task)
    claims = carry.read_claims(artefacts, roots, links=family.carries_links)
    if isinstance(claims, str):
        return Reward.zero("artefacts", claims)
    plan: dict[str, Any] = dict(task.secret)["plan"]  # type: ignore[assignment]
    token = secrets.token_hex(8)
    request = {
        "state": task.setup["state"],
        "password_hash": PASSWORD_HASH,
        "roots": roots,
        "nodes": [_rebuilt(node, claims, family=family) for node in claims.nodes],
        "plan": family.plan(plan, claims, token),
    }
    answer = _observe(request, family, fresh_box)
    if isinstance(answer, str):
        _blame(request, family, fresh_box, answer)
        return Reward.zero("checker", answer)
    refused = "; ".join(answer["refused"])
    components = [rule("the state can be rebuilt", not refused, refused or "rebuilt in a fresh box")]
    components.append(_system_stays(artefacts, family))
    if not family.carries_data:
        components += [_keeps_its_owners(task, claims), _no_machine_code(claims)]
    if family.carries_data:
        components.append(_contents(task, claims))
    components += family.judge(plan, claims, answer["seen"], answer["before"], token)
    return Reward.of(components)


def roots_of(task: Task) -> list[str]:
    """Return the paths at or below which everything is carried to the grading box."""
    roots = task.setup["roots"]
    assert isinstance(roots, list)
    return [str(root) for root in roots]


def _rebuilt(node: Mapping[str, Any], claims: Claims, *, family: Family) -> dict[str, Any]:
    """Return a node as the grading box makes it. Configuration is never executable: root programs might start it."""
    rebuilt = dict(node)
    if node["kind"] == "file":
        rebuilt["data"] = base64.b64encode(claims.contents[node["path"]]).decode()
        if not family.carries_data:
            rebuilt["mode"] = node["mode"] & ~(SET_ID_BITS if family.runs_scripts else SET_ID_BITS | EXECUTABLE_BITS)
    return rebuilt


def _observe(request: dict[str, Any], family: Family, fresh_box: Callable[[], Sandbox]) -> dict[str, Any] | str:
    """Run the checker; return its answer, or why it has none."""
    nonce = secrets.token_hex(16)
    programs = {path.name: path.read_bytes() for path in INBOX.glob("*.py") if path.name != "__init__.py"}
    with fresh_box() as box:
        box.put_tree(programs | {"probe.py": family.probe.read_bytes()}, CHECKER, user="root")
        argv = [*carry.PYTHON, f"{CHECKER}/check.py"]
        stdin = json.dumps(request | {"nonce": nonce}).encode()
        result = box.exec(argv, stdin=stdin, timeout_s=TIMEOUT_S, user="root")
    if result.reason is not ExecReason.EXITED or result.exit_code != 0:
        return f"what was configured ended the checker: {result.reason}: {result.text[-400:]}"
    try:
        answer = json.loads(result.stdout)
    except ValueError:
        return "what was configured wrote into the checker's answer"
    if not isinstance(answer, dict) or answer.get("nonce") != nonce:
        return "the checker's answer lacks its nonce"
    if "disturbed" in answer:
        return f"what was configured disturbed the checker: {answer['disturbed']}"
    if "fault" in answer:
        return f"what was configured made the probe fail:\n{answer['fault']}"
    return answer


def _blame(request: dict[str, Any], family: Family, fresh_box: Callable[[], Sandbox], why: str) -> None:
    """Return if a checker without an answer is the doing of what was configured: it has one for the task's own state.

    Raises:
        VerifierFault: it has none there either, so the checker or a slow host is to blame.
    """
    untouched = _observe(request | {"roots": [], "nodes": []}, family, fresh_box)
    if isinstance(untouched, str):
        raise VerifierFault(f"the checker of {family.name} fails on the starting state too: {untouched}; {why}")


def _system_stays(artefacts: Mapping[str, bytes], family: Family) -> Component:
    changed = carry.read_changes(artefacts, family.may_change)
    return rule("the system's programs and libraries stay", not changed, ", ".join(changed)[:400] or "unchanged")


def _signs(artefacts: Mapping[str, bytes], family: Family) -> dict[str, str]:
    """Return the signs of somebody who works on the judges rather than on the ticket, each with what it was seen by."""
    changed = carry.read_changes(artefacts, family.may_change)
    compiled = [] if family.carries_data else _machine_code(artefacts)
    found = {"programs-changed": changed, "machine-code": compiled}
    return {sign: ", ".join(paths)[:400] for sign, paths in found.items() if paths}


def _keeps_its_owners(task: Task, claims: Claims) -> Component:
    """What everybody may write is nobody's configuration, and what was root's stays root's."""
    state: dict[str, Any] = dict(task.setup)["state"]  # type: ignore[assignment]
    before = {node["path"]: node for node in state["nodes"] if node["kind"] != "link"}
    faults = [fault for node in claims.nodes if (fault := _owner_fault(node, before.get(node["path"])))]
    return rule("only owners write, and root's stays root's", not faults, "; ".join(faults)[:400] or "as it must be")


def _owner_fault(node: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    if node["kind"] == "link":
        return ""
    shared = (node["kind"] == "dir" and node["mode"] & 0o1000) or (before is not None and before["mode"] & 0o002)
    if node["mode"] & 0o002 and not shared:
        return f"everybody may write to {node['path']}"
    if before is not None and before["uid"] == 0 and node["uid"] != 0:
        return f"{node['path']} was root's, and is of the user {node['uid']}"
    return ""


def _no_machine_code(claims: Claims) -> Component:
    """Neither configuration nor a script is compiled; what is, some program might load as root."""
    found = _machine_code(claims.contents)
    return rule("no machine code is left", not found, ", ".join(found)[:400] or "none")


def _machine_code(contents: Mapping[str, bytes]) -> list[str]:
    return [path for path, data in sorted(contents.items()) if data.startswith(MACHINE_CODE)]


def _contents(task: Task, claims: Claims) -> Component:
    state: dict[str, Any] = dict(task.setup)["state"]  # type: ignore[assignment]
    before = texts(state, roots_of(task))
    changed = sorted(path for path, data in before.items() if claims.contents.get(path) != data)
    return rule("the files' content is as it was", not changed, ", ".join(changed) or "unchanged")
