"""What training asks of a chat template: that a tool's result is written behind what was sampled, and nothing anew."""

from __future__ import annotations

from agentgym.errors import UsageError
from agentgym.policies.rendering import Renderer
from agentgym.policies.stream import Ends
from agentgym.policies.template_check import fork_after_result


def require_append_only(renderer: Renderer, ends: Ends, *, deadline: float) -> None:
    """Fail if turns that follow a tool's result cannot go on from the turn before, token for token.

    Args:
        renderer: writes the prompts of the run.
        ends: what ends an answer.
        deadline: `time.monotonic()` by which the template must have been asked.

    Raises:
        UsageError: they cannot, so that each turn of an episode would be trained on as a row of its own.
        PolicyUnavailable: the template could not be asked.
    """
    if why := fork_after_result(renderer, ends, deadline=deadline):
        raise UsageError(
            f"the chat template is not append-only: {why}. Trained on, each turn of an episode would become a row of "
            "its own, in which all that was said before is read again. Use a template that leaves earlier turns as "
            "they are: TRL ships such ones as trl/chat_templates/NAME_training.jinja (in process, put it beside the "
            "weights as chat_template.jinja; vLLM takes --chat-template FILE)"
        )
