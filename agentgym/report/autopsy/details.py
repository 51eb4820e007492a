"""What of a cause a component shows, in one or two words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentgym.report.autopsy.causes import Cause
from agentgym.reward import Component

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# What there are several of in one reward, told apart by the end of the name.
_OF_MANY = frozenset({"value", "reason", "constraint", "constraints"})
# By what the evidence says outside quotes; the first that fits counts.
_BY_EVIDENCE: Mapping[Cause, Sequence[tuple[re.Pattern[str], str]]] = {
    Cause.STRUCTURE: (
        (re.compile(r"^[^:]*: missing\b|\brequired\b"), "missing key"),
        (re.compile(r"\b(?:nobody asks for|additional|unexpected)\b"), "unasked key"),
        (re.compile(r"\b(?:does not|cannot) compile\b"), "does not compile"),
        (re.compile(r"^[^:]*: write\b|\bis not (?:of type|one of)\b"), "wrong type or form"),
    ),
    Cause.PADDING: (
        (re.compile(r"\bcomment"), "comment lines"),
        (re.compile(r"\b(?:changes?|does|do) nothing\b|\bnever runs?\b|\bbelow it\b|\bno effect\b"), "idle lines"),
        (re.compile(r"\b(?:twice|times|in a row|different)\b"), "repeated text"),
        (re.compile(r""), "filler"),
    ),
}


def detail_of(component: Component, cause: Cause) -> str:
    """Return what a component itself calls it, or what its evidence or its name says."""
    said = component.data.get("detail", component.data.get("rule"))
    if isinstance(said, str) and said:
        return said.replace("_", " ")
    evidence = _QUOTED.sub("", component.evidence)
    by_evidence = (detail for pattern, detail in _BY_EVIDENCE.get(cause, ()) if pattern.search(evidence))
    return next(by_evidence, _by_name(component.name))


def _by_name(name: str) -> str:
    """Return `words` for `constraint:text:words`, `count` for `value:count`, `visible tests` for `visible-tests`."""
    head, *rest = [part for part in name.split(":") if part] or ["unnamed"]
    if not rest or head not in _OF_MANY:
        return head.replace("-", " ")
    return rest[-1].replace("_", " ") if head.startswith("constraint") else rest[-1]
