"""A model behind a server: how it is asked, turn after turn of one episode."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue

from agentgym.message import Message
from agentgym.models import ModelProfile
from agentgym.policies.actions import ActionStyle
from agentgym.policies.client import Client, ContextTooLong, Refused
from agentgym.policies.dialect import Dialect
from agentgym.policies.prompted import PromptedStyle
from agentgym.policies.reading import CallNames, calls_recovered, reasoning_apart
from agentgym.policies.request import asked_fields, common_fields, schema_format
from agentgym.policies.tokens import TokenModel
from agentgym.policies.wire import ChatReply, chat_messages
from agentgym.policy import Completion, Policy, PolicySettings, RetryReason
from agentgym.task import derive_seed
from agentgym.tool import Tool

if TYPE_CHECKING:
    from agentgym.env import AgentEnv


# An answer cut shorter than this is no use: the conversation counts as too long.
FEWEST_TOKENS = 16
CHAT = "/chat/completions"


class ServedModel:
    """One model of one server, with the profile of its family; serves many threads.

    Attributes:
        profile: the model's family.
        settings: what the user set.
        max_tokens: most tokens of an answer.
        holds_lengths: whether the server can hold texts to a length.
        tokens: the same model asked by exact tokens, where it is.
    """

    def __init__(
        self,
        client: Client,
        model: str,
        profile: ModelProfile,
        settings: PolicySettings,
        *,
        server_body: Mapping[str, JsonValue] | None = None,
        holds_lengths: bool = False,
    ) -> None:
        """Say how the model is asked.

        Args:
            client: the server.
            model: the name it serves the model under.
            profile: the model's family.
            settings: sampling and deadlines.
            server_body: fields that this server needs in every request.
            holds_lengths: whether this server can hold texts to a length, escapes in them or not.

        Raises:
            UsageError: thinking is to be switched, and nothing is known of how.
        """
        self.profile = profile
        self.settings = settings
        self.max_tokens = settings.max_tokens
        self.holds_lengths = holds_lengths
        self._client = client
        self._body = common_fields(model, profile, settings, server_body=server_body)
        self._dialect = Dialect(client.base_url, asked=asked_fields(settings))
        self.tokens = TokenModel(client, model, profile, settings) if settings.api == "tokens" else None

    def preflight(self) -> None:
        """Fail if the server cannot do what this way of asking needs; raises as `PolicySource.preflight` does."""
        if self.tokens is not None:
            self.tokens.preflight(deadline=time.monotonic() + self.settings.call_timeout_s)

    def policy(self, env: AgentEnv, *, seed: int) -> Policy:
        """Return a policy for one episode, acting as the settings say, or in the family's style."""
        if self.tokens is not None:
            return self.tokens.policy(seed=seed)
        settings, prompting, lengths = self.settings, self.profile.prompting, self.holds_lengths
        if settings.tools == "native" or (settings.tools == "auto" and prompting.style == "tools"):
            return ToolPolicy(self, seed=seed)
        if prompting.style == "actions":
            style = ActionStyle.for_episode(env, prompting, settings.response_schema, lengths=lengths)
            return ActionPolicy(self, style, seed=seed, max_tokens=min(self.max_tokens, prompting.max_tokens))
        in_words = PromptedStyle.for_episode(env, settings.response_schema, lengths=lengths)
        return ActionPolicy(self, in_words, seed=seed)

    def ask(
        self, body: Mapping[str, JsonValue], *, seed: int, deadline: float, max_tokens: int | None = None
    ) -> Completion:
        """Return the model's answer; a conversation too long for it is an empty answer that was cut off.

        Servers refuse a request if the conversation and `max_tokens` together do not fit the model's context, so it is
        asked for less and less before the conversation itself counts as too long.

        Args:
            body: the request, but for sampling.
            seed: for sampling.
            deadline: `time.monotonic()` by which the answer must be there.
            max_tokens: most tokens of the answer, where that is not `self.max_tokens`.

        Raises:
            PolicyUnavailable: no usable answer by the deadline.
        """
        patience_s = min(deadline - time.monotonic(), self.settings.call_timeout_s)
        deadline = time.monotonic() + patience_s
        room = max_tokens or self.max_tokens
        tried: Counter[RetryReason] = Counter()
        while room:
            sent = {**self._body, "max_tokens": room, "seed": seed, **body}
            if self._client.slow:
                deadline = time.monotonic() + patience_s
            try:
                completion = self._post(sent, deadline, tried)
            except ContextTooLong:
                room = room // 4 if room // 4 >= FEWEST_TOKENS else 0
            else:
                thinks = self.profile.thinks(self.settings.thinking)
                return reasoning_apart(completion, self.profile, thinks=thinks)
        return Completion(message=Message(role="assistant"), finish_reason="length", retries=dict(tried))

    def _post(self, body: dict[str, JsonValue], deadline: float, tried: Counter[RetryReason]) -> Completion:
        """Send a request as the server takes it, which may have to be learnt first."""
        while True:
            sent = self._dialect.adapted(body)
            try:
                reply, first_token_s = self._reply(sent, deadline, tried)
            except Refused as refusal:
                if refusal.status not in (400, 422) or not self._dialect.learn(refusal.said, sent):
                    hint = self._dialect.hint(refusal.said, sent)
                    raise type(refusal)(f"{refusal}{hint}", status=refusal.status, said=refusal.said) from refusal
            else:
                return reply.completion().model_copy(update={"first_token_s": first_token_s, "retries": dict(tried)})

    def _reply(
        self, body: dict[str, JsonValue], deadline: float, tried: Counter[RetryReason]
    ) -> tuple[ChatReply, float | None]:
        """Send a request; return the answer and, where streams were asked for, when it began."""
        if not body.get("stream"):
            return self._client.post(CHAT, body, ChatReply, deadline=deadline, tried=tried), None
        reply, first_token_s = self._client.stream(CHAT, body, deadline=deadline, tried=tried)
        return reply, first_token_s if self.settings.stream else None


class ToolPolicy:
    """Acts through the API's own tool calls; those that the server left in the text are read there."""

    def __init__(self, model: ServedModel, *, seed: int) -> None:
        self._model = model
        self._seeds = _Seeds(seed)
        self._names = CallNames()
        self._said: list[Message] = []
        self._sent: list[JsonValue] = []

    def act(self, conversation: Sequence[Message], tools: Sequence[Tool], *, deadline: float) -> Completion:
        """Ask the model with the tools at hand; raises as `Policy` says."""
        body: dict[str, JsonValue] = {"messages": self._as_sent(conversation)}
        schema = self._model.settings.response_schema
        if tools:
            body |= {"tools": [tool.schema() for tool in tools], "tool_choice": "auto"}
        elif schema is not None and self._model.settings.structured:
            # Beside tools, vLLM holds all that is said to the schema, and no tool is ever called.
            body["response_format"] = schema_format("answer", schema, lengths=self._model.holds_lengths)
        completion = self._model.ask(body, seed=self._seeds.next(), deadline=deadline)
        return self._names.apart(calls_recovered(completion, tools))

    def _as_sent(self, conversation: Sequence[Message]) -> list[JsonValue]:
        """Return the conversation as the API takes it; what is as it was the turn before is not converted again."""
        known = len(self._said)
        if self._said != list(conversation[:known]):
            known, self._sent = 0, []
        self._sent += chat_messages(conversation[known:], send_reasoning=self._model.profile.prompting.send_reasoning)
        self._said = list(conversation)
        return self._sent


class Style(Protocol):
    """A way of acting in plain text."""

    def request(
        self, conversation: Sequence[Message], tools: Sequence[Tool], *, structured: bool
    ) -> dict[str, JsonValue]:
        """Return the messages that ask for the next action, and where `structured`, what holds the answer to one."""
        ...

    def parse(self, answer: Message) -> Message:
        """Return the answer with its action as a tool call."""
        ...


class ActionPolicy:
    """Acts through one JSON action in plain text, which a server that can is told to hold to its schema."""

    def __init__(self, model: ServedModel, style: Style, *, seed: int, max_tokens: int | None = None) -> None:
        self._model = model
        self._style = style
        self._seeds = _Seeds(seed)
        self._names = CallNames()
        self._max_tokens = max_tokens

    def act(self, conversation: Sequence[Message], tools: Sequence[Tool], *, deadline: float) -> Completion:
        """Ask the model for one action; raises as `Policy` says."""
        body = self._style.request(conversation, tools, structured=self._model.settings.structured)
        completion = self._model.ask(body, seed=self._seeds.next(), deadline=deadline, max_tokens=self._max_tokens)
        if not tools:
            return completion
        read = self._style.parse(completion.message)
        return self._names.apart(completion.model_copy(update={"message": read}))


class _Seeds:
    """A seed for each turn, so that a turn that looks like an earlier one is sampled anew."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._turn = 0

    def next(self) -> int:
        self._turn += 1
        # Servers keep seeds in 32 bits.
        return derive_seed(self._seed, self._turn) % 2**31
