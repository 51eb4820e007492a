"""Causes in what was judged: the components of the reward, whoever's environment gave them.

A component says its cause itself (`data["cause"]`, `data["detail"]`), or it follows from its name, or, where the name
is a sentence, from whether it is a goal. So episodes alone are enough, also of environments that are not installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from agentgym.report.autopsy.causes import Cause
from agentgym.report.autopsy.details import detail_of
from agentgym.report.autopsy.seen import Seen, seen
from agentgym.reward import CANARY_PASSED, TAMPERING, Component, Reward

# By what a name says up to a colon, as `constraint:text:words` and `format` do; all other names are of values.
NAMES: Mapping[Cause, Sequence[str]] = {
    Cause.STRUCTURE: ("format", "schema", "structure", "syntax", "json", "yaml", "xml", "compiles"),
    Cause.CONSTRAINT: ("constraint", "constraints", "length", "words", "lines", "characters", "sentences", "language"),
    Cause.PADDING: ("padding", "filler", "repetition"),
    Cause.REASON: ("reason", "reasons", "reasoning", "explanation", "relation"),
    Cause.WRONG_FILE: ("file", "files", "artefacts", "artifacts"),
    Cause.BROKE_BOX: ("box", "sandbox", "checker"),
    Cause.CHEAT: ("cheat", "cheating", "tampering"),
}
_CAUSE_OF = {name: cause for cause, names in NAMES.items() for name in names}
_BY_NAME = {name: cause for cause in Cause for name in (cause.value, cause.name.lower())}
# Rules such as `other files stay`, `/etc/hosts stays` and `nothing is left elsewhere`.
_PLACE = re.compile(r"(?:^|\s)/|\b(?:files?|folders?|elsewhere|package)\b")
_STAYS = re.compile(r"\b(?:stays?|stayed|keeps?|left|written|added|as (?:it was|they were))\b")
# What evidence shows to be no matter of values: what was handed in cannot be read, or stands there in another form.
_BESIDE_VALUES: Sequence[tuple[re.Pattern[str], Cause, str]] = (
    (re.compile(r"\braised (?:SyntaxError|IndentationError|TabError)\b"), Cause.STRUCTURE, "unreadable program"),
    (re.compile(r"^line \d+: (?!.*\(with )"), Cause.STRUCTURE, "unreadable program"),
    (re.compile(r"\(at character \d+: "), Cause.STRUCTURE, "unreadable expression"),
    (re.compile(r"^right, but "), Cause.CONSTRAINT, "form"),
)
_NOTHING = re.compile(r"nothing (?:was |is )?(?:submitted|handed in)", re.IGNORECASE)


def judged(reward: Reward) -> Iterator[Seen]:
    """Yield a cause for each component that is not as it should be, and one for each sign of tampering."""
    has_goals = any(component.goal for component in reward.components)
    for component in reward.components:
        if component.name in (TAMPERING, CANARY_PASSED):
            yield from _signs(component)
        elif is_failed(component):
            cause, detail = _cause(component, has_goals=has_goals)
            yield seen(cause, detail, f"{component.name}: {component.evidence or f'{component.value:g} of 1'}")


def is_failed(component: Component) -> bool:
    """Tell whether a component takes something from the reward."""
    return component.value < 1 and (component.hard or component.weight > 0)


def _signs(component: Component) -> Iterator[Seen]:
    flags = component.data.get("flags")
    for flag in flags if isinstance(flags, list) and flags else [component.name]:
        yield seen(Cause.CHEAT, str(flag).replace("-", " "), component.evidence)


def _cause(component: Component, *, has_goals: bool) -> tuple[Cause, str]:
    """Return the cause of a component, and what of it."""
    declared = component.data.get("cause")
    if isinstance(declared, str) and declared:
        cause = _BY_NAME.get(declared.lower())
        return (Cause.OTHER, declared) if cause is None else (cause, detail_of(component, cause))
    if any(key.startswith("tampered") and value is True for key, value in component.data.items()):
        return Cause.CHEAT, "tampered test run"
    if _NOTHING.match(component.evidence):
        return Cause.OTHER, "nothing submitted"
    if " " in component.name:
        return _cause_of_sentence(component, has_goals=has_goals)
    cause = _CAUSE_OF.get(component.name.partition(":")[0].lower(), Cause.VALUE)
    if cause is Cause.VALUE:
        for pattern, beside, detail in _BESIDE_VALUES:
            if pattern.search(component.evidence):
                return beside, detail
    return cause, detail_of(component, cause)


def _cause_of_sentence(component: Component, *, has_goals: bool) -> tuple[Cause, str]:
    """Tell a goal that was missed from a rule that was broken; without goals nobody can tell which one it is."""
    if component.goal or not has_goals:
        return Cause.VALUE, "goal" if component.goal else "rule"
    if _STAYS.search(component.name) and _PLACE.search(f"{component.name} {component.evidence}"):
        return Cause.WRONG_FILE, "what must stay"
    return Cause.CONSTRAINT, "what must stay"
