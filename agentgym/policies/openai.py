"""`openai:MODEL`: a model behind any server that speaks the OpenAI chat API, vLLM first."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from agentgym.errors import PolicyUnavailable, UsageError, did_you_mean
from agentgym.models import ModelProfile, profile_for
from agentgym.policies.client import Client, NotServed
from agentgym.policies.served import ServedModel
from agentgym.policies.tokens import TokenModel
from agentgym.policies.wire import ModelList
from agentgym.policy import Policy, PolicySettings

if TYPE_CHECKING:
    from agentgym.env import AgentEnv

PREFLIGHT_S = 10.0
PREFLIGHT_ATTEMPTS = 3
PING: JsonValue = [{"role": "user", "content": "ping"}]


class OpenAICompatible:
    """openai:MODEL: a model behind any OpenAI-compatible server, vLLM first; needs --base-url.

    One connection pool serves every thread.
    A conversation that no longer fits the model's context is answered with an empty message cut off by `length`: it is
    the policy's own result, not a failure of the server.
    """

    def __init__(
        self,
        argument: str,
        settings: PolicySettings,
        *,
        family_of: str | None = None,
        profile: ModelProfile | None = None,
    ) -> None:
        """Name the model; nothing is sent yet.

        Args:
            argument: the model, as the server lists it.
            settings: where the server is (else the environment variable `OPENAI_BASE_URL`), and how to sample.
            family_of: the model whose family tells how to ask, where `argument` does not, as the name of an adapter.
            profile: the family itself, where no name tells it.

        Raises:
            UsageError: there is no model or no server named, or its thinking cannot be switched.
        """
        if not argument:
            raise UsageError("this policy needs a model: openai:MODEL, with the name under which the server lists it")
        base_url = settings.base_url or os.environ.get("OPENAI_BASE_URL")
        if not base_url:
            raise UsageError(
                f"openai:{argument} needs a server: give --base-url http://HOST:PORT/v1 or set OPENAI_BASE_URL"
            )
        self.name = f"openai:{argument}"
        self._model = argument
        self._client = Client(
            base_url,
            key=os.environ.get(settings.api_key_env),
            connections=settings.concurrency,
            attempt_timeout_s=settings.attempt_timeout_s,
        )
        self._served = ServedModel(self._client, argument, profile or profile_for(family_of or argument), settings)

    @property
    def model(self) -> str:
        """The model, as the server lists it."""
        return self._model

    @property
    def profile(self) -> ModelProfile:
        """The family that tells how the model is asked."""
        return self._served.profile

    @property
    def tokens(self) -> TokenModel | None:
        """The model as it is asked by exact tokens, where the settings say so."""
        return self._served.tokens

    def preflight(self, env_ids: Sequence[str] = ()) -> None:
        """Ask the server for its models, or the model for a word if it lists none; raises as `PolicySource` says."""
        url = self._client.base_url
        try:
            deadline = time.monotonic() + PREFLIGHT_S
            served = self._client.get("/models", ModelList, deadline=deadline, attempts=PREFLIGHT_ATTEMPTS).names
        except NotServed:
            self._served.ask({"messages": PING}, seed=0, deadline=time.monotonic() + PREFLIGHT_S, max_tokens=16)
            self._served.preflight()
            return
        except PolicyUnavailable as error:
            raise PolicyUnavailable(
                f"{self.name} cannot play: {error}. Check that the server runs and that --base-url {url} is its API, "
                f"for example with `curl {url}/models`."
            ) from error
        # Ollama lists a model with its tag, and takes it without.
        if self._model not in served and f"{self._model}:latest" not in served:
            hint = did_you_mean(self._model, served)
            raise UsageError(
                f"{url} serves no model named {self._model!r}{hint} It serves: {', '.join(served) or 'none'}."
            )
        self._served.preflight()

    def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
        """Return a policy that asks the model, in the style of its family."""
        return self._served.policy(env, seed=seed)

    def close(self) -> None:
        """Close the connections. Closing twice is harmless."""
        self._client.close()
