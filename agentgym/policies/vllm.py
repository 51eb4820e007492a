"""`vllm:MODEL`: a model that vLLM serves; the server is found, or started for the rollout and ended after it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentgym.command_line import tell
from agentgym.errors import PolicyUnavailable, UsageError, did_you_mean
from agentgym.message import Message
from agentgym.models import ModelProfile
from agentgym.policies.client import checked_url
from agentgym.policies.openai import OpenAICompatible
from agentgym.policy import Completion, Policy, PolicySettings
from agentgym.serving import adapters, installation
from agentgym.serving.adapters import Served
from agentgym.serving.command import DEFAULT_PORT, HOST, RL_RANK, ServeOptions, serve_command
from agentgym.serving.process import Server, free_port
from agentgym.tool import Tool

if TYPE_CHECKING:
    from agentgym.env import AgentEnv

DEFAULT_URL = f"http://{HOST}:{DEFAULT_PORT}/v1"


class Vllm:
    """vllm:MODEL: a model on a vLLM server; one is started for the rollout where none serves the model.

    The server of --base-url is used, else one that serves the model at port 8000 of this machine. A server that was
    started ends with `close`, and with the process at the latest.
    """

    def __init__(
        self,
        argument: str,
        settings: PolicySettings,
        *,
        profile: ModelProfile | None = None,
        adapter_rank: int = RL_RANK,
    ) -> None:
        """Name the model; nothing is sent or started yet.

        Args:
            argument: a model, or an adapter that a running server has.
            settings: where the server is, if one is to be used, and how to sample.
            profile: the model's family, where its name does not tell.
            adapter_rank: of the adapters that will be loaded; a server that is started for training has room for them.

        Raises:
            UsageError: there is no model named, or the server's address is none.
        """
        if not argument:
            raise UsageError("this policy needs a model: vllm:MODEL, as vllm:SmolLM2-135M-Instruct")
        if settings.base_url is not None:
            checked_url(settings.base_url)
        self.name = f"vllm:{argument}"
        self._model = argument
        self._settings = settings
        self._profile = profile
        self._adapter_rank = adapter_rank
        self._starting = threading.Lock()
        self._server: Server | None = None
        self._served: OpenAICompatible | None = None

    @property
    def base_url(self) -> str:
        """The server's API; it is found or started for this."""
        self._ready()
        assert self._settings.base_url is not None
        return self._settings.base_url

    def preflight(self, env_ids: Sequence[str] = ()) -> None:
        """Find the server, or start one and wait for it; raises as `PolicySource` says."""
        self._ready().preflight(env_ids)

    def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
        """Return a policy that asks the model, in the style of its family."""
        return _watched(self._ready().for_episode(env, seed=seed, sample=sample), self._server)

    @property
    def model(self) -> OpenAICompatible:
        """The model on its server, which is found or started for this; it ends with `close`."""
        return self._ready()

    @property
    def started(self) -> bool:
        """Whether the server was started here, and ends with `close`."""
        return self._server is not None

    def beside(
        self, adapter: str | None = None, *, temperature: float | None = None, max_tokens: int | None = None
    ) -> Beside:
        """Return another policy of the same server, which is found or started for this.

        Args:
            adapter: the name of an adapter that the server has; None is the model itself.
            temperature: of sampling, where it is another one.
            max_tokens: most tokens of an answer, where that is another number.
        """
        model = self.model
        told = {"temperature": temperature, "max_tokens": max_tokens}
        changed = {name: value for name, value in told.items() if value is not None}
        settings = self._settings.model_copy(update=changed)
        served = OpenAICompatible(adapter or model.model, settings, profile=model.profile)
        served.name = self.name if adapter is None else f"vllm:{adapter}"
        return Beside(served, self._server)

    def load_adapter(self, name: str, folder: Path) -> None:
        """Have the server read an adapter; see `agentgym.serving.adapters`."""
        adapters.load_adapter(self.base_url, name, folder)

    def unload_adapter(self, name: str) -> None:
        """Have the server forget an adapter."""
        adapters.unload_adapter(self.base_url, name)

    def close(self) -> None:
        """Close the connections, and end the server if it was started here. Closing twice is harmless."""
        with self._starting:
            if self._served is not None:
                self._served.close()
            if self._server is not None:
                self._server.stop()

    def _ready(self) -> OpenAICompatible:
        with self._starting:
            if self._served is None:
                url, served = self._find() or self._start()
                self._settings = self._settings.model_copy(update={"base_url": url})
                # An adapter is asked as the family of its model is.
                family_of = served.parent or self._model
                self._served = OpenAICompatible(served.id, self._settings, family_of=family_of, profile=self._profile)
                self._served.name = self.name
            return self._served

    def _find(self) -> tuple[str, Served] | None:
        """Return where the model is served and as what, or None if a server has to be started.

        Raises:
            UsageError: the server there has other models.
        """
        url = (self._settings.base_url or DEFAULT_URL).rstrip("/")
        listed = adapters.served(url)
        if listed is None:
            # What is wrong with a server that was named is told when it is asked.
            return None if self._settings.base_url is None else (url, Served(id=self._model))
        same = [served for served in listed if served.id == self._model] or [
            served for served in listed if _without_maker(served.id) == _without_maker(self._model)
        ]
        if not same:
            names, other = [served.id for served in listed], DEFAULT_PORT + 1
            raise UsageError(
                f"the server at {url} serves {', '.join(names) or 'nothing'}, and not {self._model!r}"
                f"{did_you_mean(self._model, names)} Name what it serves, or end it, or serve {self._model} beside it: "
                f"`agentgym serve {self._model} --port {other}`, and then --base-url http://{HOST}:{other}/v1."
            )
        return url, same[0]

    def _start(self) -> tuple[str, Served]:
        trains = self._settings.api == "tokens"
        options = ServeOptions(port=free_port(), rl=trains, rl_rank=self._adapter_rank)
        command = serve_command(self._model, options, installation.find())
        for note in command.notes:
            tell(note)
        self._server = Server(command)
        tell(f"starting {command.shell()}\n          its log: {self._server.log}")
        try:
            self._server.wait(say=tell)
        except BaseException:
            self._server.stop()
            raise
        tell(f"ready at {command.base_url}")
        return command.base_url, Served(id=command.names[0])


class Beside:
    """A policy source on the server of a `Vllm`; closing it leaves the server as it is."""

    def __init__(self, served: OpenAICompatible, server: Server | None) -> None:
        """Say what is asked, and of which server if it was started here."""
        self.name = served.name
        self._served = served
        self._server = server

    def preflight(self, env_ids: Sequence[str] = ()) -> None:
        """Fail if the server has it not; raises as `PolicySource` says."""
        self._served.preflight(env_ids)

    def for_episode(self, env: AgentEnv, *, seed: int, sample: int = 0) -> Policy:
        """Return a policy that asks the model, in the style of its family."""
        return _watched(self._served.for_episode(env, seed=seed, sample=sample), self._server)

    def close(self) -> None:
        """Close the connections. Closing twice is harmless."""
        self._served.close()


class _Watched:
    """A policy whose server was started here: where that has ended, the reason is known, and nothing is waited for."""

    def __init__(self, policy: Policy, server: Server) -> None:
        self._policy = policy
        self._server = server

    def act(self, conversation: Sequence[Message], tools: Sequence[Tool], *, deadline: float) -> Completion:
        """Ask the model; raises as `Policy` says."""
        if self._server.exit_status is not None:
            raise PolicyUnavailable(f"{self._server.describe_end()}. {self._server.account()}")
        return self._policy.act(conversation, tools, deadline=deadline)


def _watched(policy: Policy, server: Server | None) -> Policy:
    return policy if server is None else _Watched(policy, server)


def _without_maker(name: str) -> str:
    return name.rpartition("/")[2].lower()
