"""What is carried out of the policy's box, and how much of it is believed.

The bytes of files come from the box's own agent. Modes, owners and ACLs have to be asked of a program in the box, and
there the policy is root: `python3` and the whole of `/usr` may be its own work. So the answer is taken for what it is,
a *claim* about a state. It is parsed strictly, made real in a pristine box by a pristine program, and only that state
is judged, by behaviour. A policy that forges the claim has to name the right owner, mode and ACL of every path, which
is the task; it wins nothing over doing it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agentgym.environments.linux_config.families.base import Claims
from agentgym.errors import PathError, SandboxLost, VerifierFault
from agentgym.sandbox import ExecReason, Sandbox

MANIFEST = "manifest.json"
REFUSED = "refused.txt"
CHANGES = "changes.json"
SYSTEM = ("/usr/bin", "/usr/sbin", "/usr/lib")
MAX_FILES = 400
MAX_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 256 << 10
TIMEOUT_S = 60.0
PYTHON = ("/usr/bin/python3", "-I", "-S")

Id = Annotated[int, Field(ge=0, lt=65_534)]
Acl = Annotated[str, Field(max_length=2048, pattern="^([0-9a-f]{2})*$")]


class Node(BaseModel):
    """What a box claims about one directory, regular file or symbolic link."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    path: Annotated[str, Field(max_length=1024, pattern=r"^(/[^/\x00]+)+$")]
    kind: Literal["dir", "file", "link"]
    mode: Annotated[int, Field(ge=0, le=0o7777)]
    uid: Id
    gid: Id
    target: Annotated[str, Field(max_length=1024, pattern=r"^[^\x00]*$")] = ""
    acl: Acl = ""
    default_acl: Acl = ""


NODES = TypeAdapter(Annotated[list[Node], Field(max_length=MAX_FILES)])


def lay_out(box: Sandbox, state: object) -> None:
    """Put a pristine box into a starting state."""
    result = box.exec(
        [*PYTHON, "-c", _layout_program()],
        stdin=json.dumps({"state": state}).encode(),
        timeout_s=TIMEOUT_S,
        user="root",
    )
    if result.reason is not ExecReason.EXITED:
        raise SandboxLost(f"a pristine box could not be prepared: {result.reason} after {result.seconds:.0f} s")
    if not result.ok:
        raise VerifierFault(f"the starting state could not be laid out: {result.text}")


def collect(box: Sandbox, roots: Sequence[str]) -> dict[str, bytes]:
    """Return the regular files at or below the roots by path, and what the box claims about them under `MANIFEST`.

    Under `CHANGES` is what was changed of the system's programs and libraries. What is over a cap is not
    carried at all; `REFUSED` then holds the reason.
    """
    request = json.dumps({"manifest": list(roots)}).encode()
    try:
        contents = box.get_tree(roots, max_bytes=MAX_BYTES, max_files=MAX_FILES)
    except PathError as error:
        return _changes(box) | {REFUSED: str(error).encode()}
    result = box.exec([*PYTHON, "-c", _layout_program()], stdin=request, timeout_s=TIMEOUT_S, user="root")
    if result.reason is ExecReason.TIMEOUT:
        # The host may have stalled: what is the box's own doing happens again.
        result = box.exec([*PYTHON, "-c", _layout_program()], stdin=request, timeout_s=TIMEOUT_S, user="root")
    if not result.ok or len(result.stdout) > MAX_MANIFEST_BYTES:
        return _changes(box) | {REFUSED: b"the box could not say what modes and owners its files have"}
    return contents | {MANIFEST: result.stdout} | _changes(box)


def _changes(box: Sandbox) -> dict[str, bytes]:
    return {CHANGES: json.dumps(box.changes(SYSTEM)).encode()}


def read_claims(artefacts: Mapping[str, bytes], roots: Sequence[str], *, links: bool = False) -> Claims | str:
    """Return the claims in what was collected, or why there are none that can be judged.

    Symbolic links are among them only if asked for.
    """
    if REFUSED in artefacts:
        return artefacts[REFUSED].decode("utf-8", "replace")
    try:
        nodes = NODES.validate_json(artefacts.get(MANIFEST, b""))
    except ValidationError as error:
        return f"the box's own account of its files is no valid manifest: {error.error_count()} faults"
    wanted = {"dir", "link"} if links else {"dir"}
    kept = [node for node in nodes if _below(node.path, roots) and (node.kind in wanted or node.path in artefacts)]
    kept = [node for node in kept if links or node.kind != "link"]
    if len({node.path for node in kept}) < len(kept):
        return "the box's own account of its files names a path twice"
    linked = {node.path for node in kept if node.kind == "link"}
    if any(str(folder) in linked for node in kept for folder in PurePosixPath(node.path).parents):
        return "the box's own account of its files has files below a symbolic link"
    contents = {node.path: artefacts[node.path] for node in kept if node.kind == "file"}
    return Claims(tuple(_as_node(node) for node in kept), contents)


def _as_node(node: Node) -> dict[str, Any]:
    return node.model_dump(exclude=set() if node.kind == "link" else {"target"})


def read_changes(artefacts: Mapping[str, bytes], allowed: Sequence[str]) -> list[str]:
    """Return the system's programs and libraries that were changed, but for those at or below the allowed paths."""
    changed: list[str] = json.loads(artefacts[CHANGES])
    above = {str(folder) for path in allowed for folder in PurePosixPath(path).parents}
    return [path for path in changed if path not in above and not _below(path, allowed)]


def _below(path: str, roots: Sequence[str]) -> bool:
    inside = any(path == root or path.startswith(root + "/") for root in roots)
    return inside and not {".", ".."} & set(path.split("/"))


@cache
def _layout_program() -> str:
    return (Path(__file__).parent / "inbox" / "layout.py").read_text(encoding="utf-8")
