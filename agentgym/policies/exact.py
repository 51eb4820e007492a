"""A model that is asked, and answers, by token ids: what is the same wherever its tokens are sampled."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from agentgym.errors import UsageError
from agentgym.message import Message
from agentgym.models import ModelProfile
from agentgym.parsing import Parsed, parse
from agentgym.policies.client import ContextTooLong
from agentgym.policies.rendering import Renderer
from agentgym.policies.stream import Ends, Prompt, TokenStream
from agentgym.policies.token_settings import check_settings
from agentgym.policy import Completion, FinishReason, Policy, PolicySettings, RetryReason, Usage
from agentgym.task import derive_seed
from agentgym.tool import Tool

# Enough for what a template writes before an answer, reasoning tag included.
_TAIL_TOKENS = 24

_log = logging.getLogger(__name__)


class Sampled(NamedTuple):
    """One answer, exactly as it was sampled.

    Attributes:
        text: what the tokens say; the token that ended the answer may be left out.
        ids: shape (T,), the token that ended the answer included.
        logprobs: shape (T,), of each token under the sampling policy.
        finish_reason: `stop` if the model ended the answer, `length` if it was cut off; servers have others.
        cached_tokens: how many tokens of the prompt did not have to be read again.
    """

    text: str
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: str | None
    cached_tokens: int = 0


class ExactModel(ABC):
    """One model of a known family, sampled from by token ids; serves many threads.

    Attributes:
        profile: the model's family.
        settings: sampling and deadlines.
        renderer: writes the prompts.
    """

    def __init__(self, model: str, profile: ModelProfile, settings: PolicySettings, renderer: Renderer) -> None:
        """Say how the model is asked.

        Raises:
            UsageError: the family, or a setting, does not go with exact tokens.
        """
        check_settings(model, profile, settings)
        self.profile = profile
        self.settings = settings
        self.renderer = renderer
        self._ends: Ends | None = None

    @abstractmethod
    def sample(
        self,
        prompt_ids: Sequence[int],
        *,
        max_tokens: int,
        seed: int,
        deadline: float,
        tried: Counter[RetryReason] | None = None,
    ) -> Sampled:
        """Return what the model says to a prompt.

        Args:
            prompt_ids: the prompt, shape (P,).
            max_tokens: most tokens of the answer.
            seed: for sampling.
            deadline: `time.monotonic()` by which the answer must be there.
            tried: attempts that failed are counted here, by reason.

        Raises:
            ContextTooLong: prompt and answer do not fit the model.
            PolicyUnavailable: no usable answer by the deadline, or one without exact tokens.
        """

    def check_text(self, sampled: Sampled, *, deadline: float) -> None:  # noqa: B027
        """Fail if the text of an answer is not what its tokens say; asked of each episode's first answer.

        Raises:
            PolicyUnavailable: it is not, or nobody could be asked.
        """

    def policy(self, *, seed: int) -> Policy:
        """Return a policy for one episode."""
        return TokenPolicy(self, seed=seed)

    def ends(self, *, deadline: float) -> Ends:
        """Return the ids of the tokens that end an answer.

        Raises:
            UsageError: the tokenizer has no such tokens, so that the model is of another family.
        """
        if self._ends is None:
            template = self.profile.template
            stop, closing = (
                tuple(self._one_token(text, deadline) for text in texts) for texts in (template.stop, template.closing)
            )
            self._ends = Ends(stop, closing)
        return self._ends

    def read(self, text: str, tools: Sequence[Tool], *, prompt_ids: Sequence[int], deadline: float) -> Parsed:
        """Return the message that a sampled text is."""
        template = self.profile.template
        opened = template.opens_reasoning and self._reasoning_is_open(prompt_ids, deadline)
        return parse(
            self._unended(text),
            tools,
            form=str(template.tool_form),
            reasoning=template.reasoning,
            reasoning_open=opened,
        )

    def _unended(self, text: str) -> str:
        """Return an answer's text without the token that ends it."""
        ended = next((stop for stop in self.profile.template.stop if text.endswith(stop)), "")
        return text.removesuffix(ended)

    def _reasoning_is_open(self, prompt_ids: Sequence[int], deadline: float) -> bool:
        assert self.profile.template.reasoning is not None
        opening, closing = self.profile.template.reasoning
        tail = self.renderer.text(prompt_ids[-_TAIL_TOKENS:], deadline=deadline)
        return tail.rfind(opening.strip()) > tail.rfind(closing.strip())

    def _one_token(self, text: str, deadline: float) -> int:
        ids = self.renderer.token_ids(text, deadline=deadline)
        if len(ids) != 1:
            raise UsageError(
                f"answers of {self.profile.name} models end in {text}, which is no token of this model: it is of "
                "another family, or its tokenizer was changed. Use the published one; a server can also be asked with "
                "--set policy.api=chat"
            )
        return ids[0]


class TokenPolicy:
    """Acts in one episode by exact tokens: what was sampled is never written anew."""

    def __init__(self, model: ExactModel, *, seed: int) -> None:
        self._model = model
        self._seed = seed
        self._turn = 0
        self._stream: TokenStream | None = None

    def act(self, conversation: Sequence[Message], tools: Sequence[Tool], *, deadline: float) -> Completion:
        """Return what the model says next, with its exact tokens; raises as `Policy` says.

        A conversation that leaves no room for an answer is answered with an empty message cut off by `length`.
        """
        deadline = min(deadline, time.monotonic() + self._model.settings.call_timeout_s)
        self._turn += 1
        stream = self._stream or TokenStream(self._model.renderer, self._model.ends(deadline=deadline))
        self._stream = stream
        prompt = stream.so_far
        try:
            prompt = stream.prompt(conversation, tools, deadline=deadline)
            if prompt.fork:
                _log.info("turn %d is rendered anew: %s", self._turn, prompt.fork)
            completion = self._answer(prompt, tools, deadline)
        except ContextTooLong:
            completion = _no_room(prompt)
        stream.take(prompt, completion.completion_token_ids or (), conversation, completion.message, tools)
        return completion

    def _answer(self, prompt: Prompt, tools: Sequence[Tool], deadline: float) -> Completion:
        room = self._model.settings.max_tokens
        if prompt.context is not None:
            room = min(room, prompt.context - len(prompt.ids))
        if room < 1:
            return _no_room(prompt)
        # Servers keep seeds in 32 bits.
        seed = derive_seed(self._seed, self._turn) % 2**31
        tried: Counter[RetryReason] = Counter()
        sampled = self._model.sample(prompt.ids, max_tokens=room, seed=seed, deadline=deadline, tried=tried)
        if self._turn == 1:
            self._model.check_text(sampled, deadline=deadline)
        message, unparsed = self._model.read(sampled.text, tools, prompt_ids=prompt.ids, deadline=deadline)
        message = _with_ids(message, self._turn)
        return Completion(
            message=message,
            finish_reason=_finish(sampled.finish_reason, message),
            usage=Usage(
                prompt_tokens=len(prompt.ids),
                completion_tokens=len(sampled.ids),
                cached_tokens=sampled.cached_tokens,
            ),
            retries=dict(tried),
            unparsed_calls=unparsed,
            prefix_tokens=prompt.prefix,
            fork=prompt.fork,
            prompt_token_ids=prompt.ids[prompt.prefix :],
            completion_token_ids=sampled.ids,
            logprobs=sampled.logprobs,
        )


def _finish(reason: str | None, message: Message) -> FinishReason:
    if reason == "length":
        return "length"
    return "tool_calls" if message.tool_calls else "stop"


def _with_ids(message: Message, turn: int) -> Message:
    """Return a message whose calls have names of their own in the conversation."""
    calls = [call.model_copy(update={"id": f"call_{turn}_{n}"}) for n, call in enumerate(message.tool_calls)]
    return message.model_copy(update={"tool_calls": tuple(calls)})


def _no_room(prompt: Prompt) -> Completion:
    return Completion(
        message=Message(role="assistant"),
        finish_reason="length",
        prefix_tokens=prompt.prefix,
        fork=prompt.fork,
        prompt_token_ids=prompt.ids[prompt.prefix :],
        completion_token_ids=(),
        logprobs=(),
    )
