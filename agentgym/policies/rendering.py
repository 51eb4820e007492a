"""From messages to the token ids that a model reads: by its server, or by a tokenizer in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue, NonNegativeInt, PositiveInt

from agentgym.errors import PolicyUnavailable
from agentgym.message import Message
from agentgym.policies.client import Client
from agentgym.policies.wire import chat_messages
from agentgym.tool import Tool


class Rendered(NamedTuple):
    """A conversation as the model reads it.

    Attributes:
        ids: shape (P,).
        context: most tokens of prompt and completion together, where it is known.
    """

    ids: tuple[int, ...]
    context: int | None = None


class Renderer(Protocol):
    """Writes conversations as tokens with a model's chat template, and reads tokens as text."""

    def render(self, messages: Sequence[Message], tools: Sequence[Tool], *, answer: bool, deadline: float) -> Rendered:
        """Return the tokens of a conversation.

        Args:
            messages: the conversation.
            tools: what may be called.
            answer: whether the prompt for the next answer follows.
            deadline: `time.monotonic()` by which it must be there.

        Raises:
            ContextTooLong: the server does not render what does not fit the model.
            PolicyUnavailable: the template could not write it, or the server did not answer.
        """
        ...

    def token_ids(self, text: str, *, deadline: float) -> tuple[int, ...]:
        """Return the tokens of a text, special tokens read as such and none added; raises as `render` does."""
        ...

    def text(self, ids: Sequence[int], *, deadline: float) -> str:
        """Return tokens as text, special tokens included; raises as `render` does."""
        ...


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Tokenized(_Answer):
    tokens: list[NonNegativeInt]
    max_model_len: PositiveInt | None = None


class _Detokenized(_Answer):
    prompt: str


class ServerRenderer:
    """The server's own template and tokenizer, through vLLM's `/tokenize` and `/detokenize`."""

    def __init__(self, client: Client, model: str, *, switches: Mapping[str, JsonValue]) -> None:
        """Say which model's template is meant.

        Args:
            client: the server, whose API ends in /v1; the two addresses stand beside that.
            model: the name it serves the model under.
            switches: `chat_template_kwargs` of every rendering.
        """
        self._client = client.beside_api()
        self._model = model
        self._switches = dict(switches)

    def render(self, messages: Sequence[Message], tools: Sequence[Tool], *, answer: bool, deadline: float) -> Rendered:
        """Return the tokens of a conversation, as `Renderer` says."""
        body: dict[str, JsonValue] = {
            "messages": [*chat_messages(messages, send_reasoning=True)],
            "add_generation_prompt": answer,
            "chat_template_kwargs": self._switches,
        }
        if tools:
            body["tools"] = [tool.schema() for tool in tools]
        reply = self._tokenize(body, deadline)
        return Rendered(tuple(reply.tokens), reply.max_model_len)

    def token_ids(self, text: str, *, deadline: float) -> tuple[int, ...]:
        """Return the tokens of a text, as `Renderer` says."""
        ids = self._tokenize({"prompt": text, "add_special_tokens": False}, deadline).tokens
        if text and not ids:
            raise PolicyUnavailable(
                f"/tokenize of the model server at {self._client.base_url} is not as vLLM has it: {text!r} is no token "
                "there. With other servers, use --set policy.api=chat"
            )
        return tuple(ids)

    def text(self, ids: Sequence[int], *, deadline: float) -> str:
        """Return tokens as text, as `Renderer` says."""
        body: dict[str, JsonValue] = {"model": self._model, "tokens": [*ids]}
        return self._client.post("/detokenize", body, _Detokenized, deadline=deadline).prompt

    def _tokenize(self, body: Mapping[str, JsonValue], deadline: float) -> _Tokenized:
        return self._client.post("/tokenize", {"model": self._model, **body}, _Tokenized, deadline=deadline)


class ChatTokenizer(Protocol):
    """What is used of a tokenizer of the transformers library."""

    def apply_chat_template(
        self,
        conversation: list[dict[str, JsonValue]],
        *,
        tools: list[dict[str, JsonValue]] | None,
        add_generation_prompt: bool,
        tokenize: bool,
        **kwargs: JsonValue,
    ) -> str:
        """Write a conversation."""
        ...

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return the tokens of a text."""
        ...

    def decode(self, token_ids: list[int], *, skip_special_tokens: bool) -> str:
        """Return tokens as text."""
        ...


class TemplateRenderer:
    """A template and a tokenizer of the transformers library, in this process."""

    def __init__(
        self, tokenizer: ChatTokenizer, *, switches: Mapping[str, JsonValue], context: int | None = None
    ) -> None:
        """Say with what to write.

        Args:
            tokenizer: with its chat template.
            switches: what the template is told each time.
            context: most tokens of prompt and completion together.
        """
        self._tokenizer = tokenizer
        self._switches = dict(switches)
        self._context = context

    def render(self, messages: Sequence[Message], tools: Sequence[Tool], *, answer: bool, deadline: float) -> Rendered:
        """Return the tokens of a conversation, as `Renderer` says."""
        return Rendered(self.token_ids(self.write(messages, tools, answer=answer), deadline=deadline), self._context)

    def write(self, messages: Sequence[Message], tools: Sequence[Tool], *, answer: bool) -> str:
        """Return a conversation as text; arguments as in `render`.

        Raises:
            PolicyUnavailable: the template refuses the conversation.
        """
        try:
            return self._tokenizer.apply_chat_template(
                [_for_template(message) for message in chat_messages(messages, send_reasoning=True)],
                tools=[tool.schema() for tool in tools] or None,
                add_generation_prompt=answer,
                tokenize=False,
                **self._switches,
            )
        # Templates raise what they like; the base class is jinja2's, which is not to be imported for that.
        except Exception as error:
            raise PolicyUnavailable(
                f"the chat template cannot write this conversation: {type(error).__name__}: {error}"
            ) from error

    def token_ids(self, text: str, *, deadline: float) -> tuple[int, ...]:
        """Return the tokens of a text, as `Renderer` says."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False))

    def text(self, ids: Sequence[int], *, deadline: float) -> str:
        """Return tokens as text, as `Renderer` says."""
        return self._tokenizer.decode([*ids], skip_special_tokens=False)


def _for_template(message: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a message of the API as templates take it: arguments as values, reasoning under the names in use."""
    changed = dict(message)
    if calls := message.get("tool_calls"):
        assert isinstance(calls, list)
        changed["tool_calls"] = [_with_values(call) for call in calls]
    if "reasoning" in message:
        # GPT-OSS reads the third name; vLLM gives templates the other two.
        changed["thinking"] = message["reasoning"]
    return changed


def _with_values(call: JsonValue) -> JsonValue:
    assert isinstance(call, dict)
    function = call["function"]
    assert isinstance(function, dict)
    return call | {"function": function | {"arguments": json.loads(str(function["arguments"]))}}
