"""What is asked of a chat template before the first episode, so that its faults have a name."""

from __future__ import annotations

import logging

from agentgym.errors import UsageError
from agentgym.message import Message, ToolCall
from agentgym.policies.rendering import Renderer
from agentgym.policies.stream import Ends, Rewritten, suffix
from agentgym.tool import Tool

_log = logging.getLogger(__name__)


def _look(path: str) -> str:
    """Look at a file."""
    return path


_TOOL = Tool.from_function(_look, name="look")
_QUESTION = Message(role="user", content="Look at a.txt.")
_CALL = Message(role="assistant", tool_calls=(ToolCall(id="call_0", name="look", arguments='{"path": "a.txt"}'),))
_TEXT = Message(role="assistant", content="Done.", reasoning="It is done.")


def check_template(renderer: Renderer, ends: Ends, *, deadline: float) -> None:
    """Fail if a template leaves out tools or their results, or is not settled; warn where turns are written anew.

    Raises:
        UsageError: the template leaves out tools, or their results, or writes the same in several ways.
        PolicyUnavailable: it could not be asked.
    """
    with_tool = renderer.render([_QUESTION], [_TOOL], answer=True, deadline=deadline)
    again = renderer.render([_QUESTION], [_TOOL], answer=True, deadline=deadline)
    if again.ids != with_tool.ids:
        raise UsageError(
            "the chat template writes the same conversation in another way each time, as one with the time of "
            "day does: use one that does not (a server: vLLM takes --chat-template FILE), or with a server "
            "--set policy.api=chat"
        )
    without = renderer.render([_QUESTION], [], answer=True, deadline=deadline)
    shown = [
        renderer.render([_QUESTION, _CALL, _result(text)], [_TOOL], answer=True, deadline=deadline)
        for text in ("one", "two")
    ]
    left_out = ["tools"] * (with_tool.ids == without.ids) + ["the results of tools"] * (shown[0].ids == shown[1].ids)
    if left_out:
        raise UsageError(
            f"the chat template leaves out {' and '.join(left_out)}: use one that writes them (vLLM "
            "takes --chat-template FILE), or with a server --set policy.api=chat --set policy.tools=prompt"
        )
    for why in (fork_after_result(renderer, ends, deadline=deadline), _fork_after_question(renderer, ends, deadline)):
        if why:
            _log.warning(
                "The template is not append-only: %s. Such turns are rendered anew and recorded as forks, and each "
                "begins a training row of its own.",
                why,
            )


def fork_after_result(renderer: Renderer, ends: Ends, *, deadline: float) -> str | None:
    """Return why a turn that follows a tool's result forks, with reasoning before the call or without; None if not."""
    answers = (_CALL, _CALL.model_copy(update={"reasoning": "I look."}))
    found = (_fork(renderer, ends, answer, _result("one"), deadline) for answer in answers)
    return next((why for why in found if why), None)


def _fork_after_question(renderer: Renderer, ends: Ends, deadline: float) -> str | None:
    return _fork(renderer, ends, _TEXT, _QUESTION, deadline)


def _fork(renderer: Renderer, ends: Ends, answer: Message, added: Message, deadline: float) -> str | None:
    try:
        suffix(renderer, ends, answer, [added], [_TOOL], last=ends.stop[0], deadline=deadline)
    except Rewritten as why:
        return str(why)
    return None


def _result(text: str) -> Message:
    return Message(role="tool", content=text, tool_call_id="call_0")
