"""Causes in how an episode ended: at a limit, or given up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agentgym.report.autopsy.calls import Call
from agentgym.report.autopsy.causes import Cause
from agentgym.report.autopsy.misuse import idle_from, said
from agentgym.report.autopsy.seen import Seen, is_much, seen
from agentgym.trajectory import StopReason, Trajectory, Turn

LIMITS = (StopReason.MAX_TURNS, StopReason.MAX_TOKENS, StopReason.CONTEXT_FULL, StopReason.WALL_TIME)
_EMPTY = frozenset({"", "{}", "[]", "null", '""'})
_CANNOT = re.compile(
    r"\b(?:I|we) (?:cannot|can't|can not|am unable to|am not able to|give up)\b|\bI'm (?:sorry|unable|not able)\b"
    r"|\bI apologi[sz]e\b|\b(?:it|this|that) (?:is|was|seems) (?:not possible|impossible)\b",
    re.IGNORECASE,
)


def over_long(trajectory: Trajectory) -> Iterator[Seen]:
    """Yield the limit that ended the episode, and that answers were cut off."""
    turns = trajectory.turns
    if trajectory.stop_reason in LIMITS:
        detail = trajectory.stop_reason.value.replace("_", " ")
        spent = f"{len(turns)} turn{'s' if len(turns) != 1 else ''}, {trajectory.completion_tokens:,} tokens"
        evidence = f"ended by a limit after {spent}, {trajectory.seconds:.0f} s"
        yield seen(Cause.OVER_LONG, detail, evidence, turn=len(turns) - 1 if turns else None)
    completions = [turn.completion for turn in turns]
    cut = [i for i, one in enumerate(completions) if one.finish_reason == "length" and not one.context_full]
    if cut:
        tokens = completions[cut[0]].usage.completion_tokens
        evidence = f"cut off after {tokens:,} tokens: …{said(turns[cut[0]])[-120:]}"
        overcome = cut[-1] < len(turns) - 1 and not is_much(cut, len(turns))
        yield seen(Cause.OVER_LONG, "answer cut off", evidence, turn=cut[0], overcome=overcome)


def gave_up(trajectory: Trajectory, calls: Sequence[Call]) -> Iterator[Seen]:
    """Yield that nothing was tried, that nothing was called any more, or that the policy says that it cannot."""
    if not trajectory.turns:
        return
    last = len(trajectory.turns) - 1
    if trajectory.stop_reason is StopReason.SUBMITTED:
        if detail := _nothing_done(trajectory.turns[last], calls):
            shown = ", ".join(call.name for call in calls) if calls else said(trajectory.turns[last])
            yield seen(Cause.GAVE_UP, detail, f"all that it did: {shown}", turn=last)
    elif (first := idle_from(trajectory)) <= last:
        idle = range(first, last + 1)
        evidence = f"no call in the last {len(idle)} of {last + 1} turns: {said(trajectory.turns[last])}"
        yield seen(Cause.GAVE_UP, "no action", evidence, turn=first, overcome=not is_much(idle, last + 1))
    text = trajectory.turns[last].completion.message.content
    if (found := _CANNOT.search(text)) is not None:
        # Beside some work, or in an answer that was judged, it is a mere remark.
        answered = (
            trajectory.stop_reason is StopReason.SUBMITTED and not trajectory.turns[last].completion.message.tool_calls
        )
        worked = answered or any(call.arguments and not call.only_looks for call in calls)
        yield seen(Cause.GAVE_UP, "says it cannot", text[max(0, found.start() - 60) :], turn=last, overcome=worked)


def _nothing_done(last: Turn, calls: Sequence[Call]) -> str:
    """Return in what way a submission has nothing in it; empty if it has something."""
    if not last.completion.message.tool_calls:
        return "empty answer" if _is_empty(last.completion.message.content) else ""
    # What comes after the call that submits is not run.
    *before, submit = [call for call in calls if not call.answer.startswith("Not run: ")] or calls
    if submit.arguments:
        return "empty answer" if all(map(_is_empty, submit.arguments.values())) else ""
    if not before:
        return "submitted at once"
    return "changed nothing" if all(call.only_looks for call in before) else ""


def _is_empty(value: object) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and "".join(value.split()) in _EMPTY)
