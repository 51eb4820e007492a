"""Compare what the probe saw with what a ticket wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Verdict = tuple[bool, str]
Snap = Mapping[str, list[Any]]
KIND, MODE, CONTENT, TIME, INODE = range(5)
SHOWN = 4


def judge(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """Return whether a check of the plan holds, and what was seen."""
    return CHECKS[check["check"]](check, seen, token)


def good(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """Every run ended with status 0."""
    bad = [f"{label}: {_status(seen[label])}" for label in check["runs"] if seen[label]["status"] != 0]
    return not bad, "; ".join(bad) or f"{len(check['runs'])} runs ended with status 0"


def refused(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """The run ended by itself in its time, with another status than 0."""
    run = seen[check["run"]]
    passed = run["status"] not in (None, 0)
    return passed, f"{_status(run)} after {run['seconds']} s"


def same(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """Two folders hold the same names, kinds, modes, bytes and times of files, but for names that are left out."""
    a, b = seen[check["a"]], seen[check["b"]]
    if a is None or b is None:
        return False, "there is no folder or archive to compare"
    if not check.get("links", True):
        a, b = ({path: entry for path, entry in snap.items() if entry[KIND] != "link"} for snap in (a, b))
    leave_out = check.get("leave_out", "")
    wanted = {path: entry for path, entry in a.items() if not (leave_out and fnmatchcase(path, f"*{leave_out}"))}
    depth = INODE + 1 if check.get("inodes") else INODE
    wrong = [
        path for path in sorted(wanted.keys() | b.keys()) if wanted.get(path, [])[:depth] != b.get(path, [])[:depth]
    ]
    passed = not wrong and (bool(wanted) or check.get("empty", False))
    return passed, f"{len(wanted)} wanted, {len(b)} there; wrong, missing or too many: {_names(wrong)}"


def sources(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """No run changed the source."""
    changed = [label for label in check["runs"] if seen[f"{label}.was"] != seen[f"{label}.from"]]
    return not changed, f"changed in: {', '.join(changed) or 'no run'}"


def names(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """A folder holds just these names."""
    found = sorted(name for name in seen[check["a"]] or {} if "/" not in name)
    return found == sorted(
        check["names"]
    ), f"wanted {_names(sorted(check['names']), 12)}; there are {_names(found, 12)}"


def text(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """A file says this."""
    wanted, got = check["text"].replace("{token}", token), seen[check["a"]]
    return got == wanted, f"wanted {wanted[:80]!r}, got {(got or 'nothing')[:80]!r}"


def value(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """A step returned this."""
    return seen[check["a"]] == check["value"], f"wanted {check['value']}, got {seen[check['a']]}"


def linked(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """Files that are alike in two snapshots are one file on the disk."""
    a, b = seen[check["a"]], seen[check["b"]]
    if a is None or b is None:
        return False, "a snapshot is missing"
    alike = [
        path for path in sorted(a.keys() & b.keys()) if a[path][KIND] == "file" and a[path][:INODE] == b[path][:INODE]
    ]
    apart = [path for path in alike if a[path][INODE] != b[path][INODE]]
    return bool(alike) and not apart, f"{len(alike)} files are alike; stored twice: {_names(apart)}"


def lists(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """A run ended well, and its output has one word and lacks others."""
    run = seen[check["run"]]
    words = run["said"].split()
    passed = run["status"] == 0 and check["has"] in words and not set(check["lacks"]) & set(words)
    return passed, _status(run)


def ended(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """No run left a process behind."""
    left = [f"{label}: {', '.join(seen[label]['left'])}" for label in check["runs"] if seen[label]["left"]]
    return not left, "; ".join(left) or "no run did"


def nowhere(check: Mapping[str, Any], seen: Mapping[str, Any], token: str) -> Verdict:
    """Nothing was added where every user may write."""
    return not seen["strays"], f"added: {_names(seen['strays'])}"


def _status(run: Mapping[str, Any]) -> str:
    said = f": {run['said'][-200:]!r}" if run["said"] else ""
    return ("it did not end" if run["status"] is None else f"status {run['status']}") + said


def _names(paths: list[str], shown: int = SHOWN) -> str:
    more = ", …" if len(paths) > shown else ""
    return ", ".join(ascii(path) for path in paths[:shown]) + more if paths else "none"


CHECKS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], str], Verdict]] = {
    check.__name__: check for check in (good, refused, same, sources, names, text, value, linked, lists, ended, nowhere)
}
