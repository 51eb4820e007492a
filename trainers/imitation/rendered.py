"""Episodes without exact tokens, as the model's own template writes them: what was given, and what was said."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from agentgym.errors import PolicyUnavailable, UsageError
from agentgym.message import Message
from agentgym.models import ModelProfile
from agentgym.policies.rendering import ChatTokenizer, TemplateRenderer
from agentgym.policies.stream import Ends, TokenStream
from agentgym.tokens import TokenRow, token_rows
from agentgym.tool import Tool
from agentgym.trainers.sampling.append_only import require_append_only
from agentgym.trajectory import Trajectory

# Nothing here waits for a server.
_NEVER = time.monotonic() + 1e9
_PLACEHOLDER = Message(role="user", content="…")


class Unwritable(Exception):
    """A template cannot write an episode as the model would have said it; the text, after "it", says why."""


class Writer:
    """Writes episodes as a model that is sampled from would read and say them.

    Prompts, and what the environment says, come by the stream that sampling goes by; a turn that it renders anew begins
    a row of its own.
    """

    def __init__(self, tokenizer: ChatTokenizer, profile: ModelProfile) -> None:
        """Say whose template it is.

        Args:
            tokenizer: with the chat template that is sampled with.
            profile: narrowed to the model.

        Raises:
            UsageError: it is not known what ends the model's answers, or the tokenizer has no such token.
        """
        self._renderers = {
            thinking: TemplateRenderer(tokenizer, switches=profile.template_switches(thinking))
            for thinking in (False, True)
        }
        self._stops = profile.template.stop
        self._ends = _ends(self._renderers[False], profile)
        self._checked: set[bool] = set()

    def writes(self, prompt: Sequence[Message], tools: Sequence[Tool], ids: Sequence[int]) -> bool:
        """Tell whether these are the tokens of a prompt, with thinking or without."""
        return any(self._prompt(renderer, prompt, tools) == tuple(ids) for renderer in self._renderers.values())

    def rows(self, trajectory: Trajectory, tools: Sequence[Tool]) -> list[TokenRow]:
        """Return an episode as rows, with loss on each answer and the token that ends it; log-probabilities are 0.

        The prompt asks for thinking where the episode has any, and else for none.

        Raises:
            Unwritable: the template cannot write it, or not so that a model could say it.
            UsageError: the template writes earlier turns anew after a tool's result.
        """
        if any(turn.completion.finish_reason == "length" for turn in trajectory.turns):
            raise Unwritable("has an answer that was cut off")
        renderer = self._renderer_for(trajectory)
        stream = TokenStream(renderer, self._ends)
        conversation = list(trajectory.prompt)
        completions = []
        try:
            for turn in trajectory.turns:
                message = turn.completion.message
                prompt = stream.prompt(conversation, tools, deadline=_NEVER)
                said = self._said(renderer, conversation, message, tools)
                stream.take(prompt, said, conversation, message, tools)
                completions.append(
                    turn.completion.model_copy(
                        update={
                            "prefix_tokens": prompt.prefix,
                            "prompt_token_ids": prompt.ids[prompt.prefix :],
                            "completion_token_ids": said,
                            "logprobs": (0.0,) * len(said),
                        }
                    )
                )
                conversation += [message, *turn.observation]
        except PolicyUnavailable as error:
            raise Unwritable(f"cannot be written by the chat template ({error.__cause__ or error})") from error
        return token_rows(completions, episode=trajectory.episode_id)

    def _renderer_for(self, trajectory: Trajectory) -> TemplateRenderer:
        thinking = any(turn.completion.message.reasoning for turn in trajectory.turns)
        renderer = self._renderers[thinking]
        if thinking not in self._checked and any(turn.completion.message.tool_calls for turn in trajectory.turns):
            require_append_only(renderer, self._ends, deadline=_NEVER)
            self._checked.add(thinking)
        return renderer

    def _said(
        self, renderer: TemplateRenderer, before: Sequence[Message], answer: Message, tools: Sequence[Tool]
    ) -> tuple[int, ...]:
        """Return the tokens of an answer, up to the one that ends it."""
        if not all(_is_object(call.arguments) for call in answer.tool_calls):
            raise Unwritable("calls a tool with what is no JSON object")
        text = self._text(renderer, before, answer, tools)
        if text is None:
            # Templates that write earlier turns anew once an answer follows write this one alike after any question.
            text = self._text(renderer, [_PLACEHOLDER], answer, tools)
        if text is None:
            raise Unwritable("has answers that do not begin as the template begins them: thinking comes and goes")
        ids = renderer.token_ids(text, deadline=_NEVER)
        stops = [index for index, token in enumerate(ids) if token in self._ends.stop]
        if not stops:
            raise Unwritable(f"has an answer that the template does not end by {' or '.join(self._stops)}")
        if len(stops) > 1:
            raise Unwritable("says a token that ends an answer in the midst of one")
        return ids[: stops[0] + 1]

    def _text(
        self, renderer: TemplateRenderer, before: Sequence[Message], answer: Message, tools: Sequence[Tool]
    ) -> str | None:
        """Return what the template writes after its own prompt; None where it writes that anew."""
        prompt = renderer.write(before, tools, answer=True)
        whole = renderer.write([*before, answer], tools, answer=False)
        return whole[len(prompt) :] if whole.startswith(prompt) else None

    def _prompt(
        self, renderer: TemplateRenderer, prompt: Sequence[Message], tools: Sequence[Tool]
    ) -> tuple[int, ...] | None:
        try:
            return renderer.render(prompt, tools, answer=True, deadline=_NEVER).ids
        except PolicyUnavailable:
            return None


def _ends(renderer: TemplateRenderer, profile: ModelProfile) -> Ends:
    if not profile.template.stop:
        raise UsageError(
            f"the profile {profile.name} does not say what ends an answer, so nothing can be written as its models say "
            "it: name the model's family (model.family)"
        )
    texts = (*profile.template.stop, *profile.template.closing)
    ids = [renderer.token_ids(text, deadline=_NEVER) for text in texts]
    if wrong := [text for text, found in zip(texts, ids, strict=True) if len(found) != 1]:
        raise UsageError(
            f"answers of {profile.name} models end in {', '.join(wrong)}, which the tokenizer has no token for: the "
            "model is of another family (model.family), or its tokenizer was changed"
        )
    count = len(profile.template.stop)
    return Ends(tuple(found[0] for found in ids[:count]), tuple(found[0] for found in ids[count:]))


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False
