"""Exact tokens from a vLLM server: prompts go there as token ids, and what it samples comes back as token ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import JsonValue

from agentgym.errors import PolicyUnavailable, UsageError
from agentgym.message import Message
from agentgym.models import ModelProfile
from agentgym.policies.client import Client, ContextTooLong, NotServed
from agentgym.policies.exact import ExactModel, Sampled
from agentgym.policies.rendering import Renderer, ServerRenderer
from agentgym.policies.request import SWITCHES, switches
from agentgym.policies.template_check import check_template
from agentgym.policies.token_reply import TokenReply, same_text
from agentgym.policies.token_settings import NEUTRAL
from agentgym.policy import PolicySettings, RetryReason

# Enough for the text of an answer to be told from another one.
_PREFLIGHT_TOKENS = 16


class TokenModel(ExactModel):
    """One model of one vLLM server, asked by token ids."""

    def __init__(
        self,
        client: Client,
        model: str,
        profile: ModelProfile,
        settings: PolicySettings,
        *,
        renderer: Renderer | None = None,
    ) -> None:
        """Say how the model is asked; nothing is sent yet.

        Args:
            client: the server.
            model: the name it serves the model under.
            profile: the model's family.
            settings: sampling and deadlines. What is not set is neutral: tokens are sampled as the model has them.
            renderer: writes the prompts; by default the server does.

        Raises:
            UsageError: the family, or a setting, does not go with exact tokens.
        """
        renderer = renderer or ServerRenderer(client, model, switches=switches(model, profile, settings))
        super().__init__(model, profile, settings, renderer)
        self._client = client
        extra: dict[str, JsonValue] = {**profile.prompting.extra_body, **settings.extra_body}
        self._body: dict[str, JsonValue] = {
            "model": model,
            **NEUTRAL,
            **{name: getattr(settings, name) for name in NEUTRAL if getattr(settings, name, None) is not None},
            "logprobs": 0,
            "return_token_ids": True,
            "skip_special_tokens": False,
            "spaces_between_special_tokens": False,
            **{name: value for name, value in extra.items() if name != SWITCHES},
        }

    def preflight(self, *, deadline: float) -> None:
        """Fail if the server cannot do what exact tokens need; raises as `PolicySource.preflight` does."""
        try:
            check_template(self.renderer, self.ends(deadline=deadline), deadline=deadline)
            prompt = self.renderer.render([Message(role="user", content="ping")], (), answer=True, deadline=deadline)
            sampled = self.sample(prompt.ids, max_tokens=_PREFLIGHT_TOKENS, seed=0, deadline=deadline)
            self.check_text(sampled, deadline=deadline)
        except ContextTooLong as error:
            raise UsageError(
                f"the context of the model at {self._client.base_url} is too short for a question and one tool "
                f"({error}): serve it with a longer one (vLLM takes --max-model-len N)"
            ) from error
        except NotServed as error:
            raise PolicyUnavailable(
                f"the model server at {self._client.base_url} has not what exact tokens need: {error}. It takes vLLM's "
                "/tokenize, /detokenize and /v1/completions; with other servers, use --set policy.api=chat"
            ) from error

    def sample(
        self,
        prompt_ids: Sequence[int],
        *,
        max_tokens: int,
        seed: int,
        deadline: float,
        tried: Counter[RetryReason] | None = None,
    ) -> Sampled:
        """Return what the server's model says to a prompt, as `ExactModel` says."""
        sent: dict[str, JsonValue] = {
            **self._body,
            "prompt": [*prompt_ids],
            "max_tokens": max_tokens,
            "seed": seed,
            "stop_token_ids": [*self.ends(deadline=deadline).stop],
        }
        reply = self._client.post("/completions", sent, TokenReply, deadline=deadline, tried=tried)
        if fault := reply.fault(prompt_ids, max_tokens=max_tokens):
            raise self._not_exact(fault)
        choice = reply.choices[0]
        assert choice.token_ids is not None
        assert choice.logprobs is not None
        ids, logprobs = tuple(choice.token_ids), tuple(choice.logprobs.token_logprobs)
        return Sampled(choice.text, ids, logprobs, choice.finish_reason, reply.cached_tokens)

    def check_text(self, sampled: Sampled, *, deadline: float) -> None:
        """Fail if the text of an answer is not what its tokens say, as `ExactModel` says."""
        text, written = self._unended(sampled.text), self.renderer.text(sampled.ids, deadline=deadline)
        if same_text(text, self._unended(written)):
            return
        # The text lacks the token at which sampling ended, which may be one that only the server knows of, or a part of
        # it, where texts that end an answer were set.
        ended = sampled.finish_reason == "stop"
        if ended and "stop" in self._body and written.startswith(text):
            return
        if ended and same_text(text, self.renderer.text(sampled.ids[:-1], deadline=deadline)):
            return
        raise self._not_exact(f"tells the text {text[:40]!r} for tokens that are {written[:40]!r}")

    def _not_exact(self, fault: str) -> PolicyUnavailable:
        return PolicyUnavailable(
            f"the model server at {self._client.base_url} {fault}. Exact tokens need vLLM 0.10.2 or later, which "
            "takes return_token_ids; without them, use --set policy.api=chat"
        )
