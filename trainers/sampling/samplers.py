"""Where the episodes of a training run are sampled: from the weights in this process, or from a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from agentgym.errors import UsageError
from agentgym.policy import PolicySource
from agentgym.trainers.adapters.model import Loaded
from agentgym.trainers.bridge.processes import Processes, gathered_weights
from agentgym.trainers.loading import IN_PROCESS
from agentgym.trainers.sampling.in_process import InProcess
from agentgym.trainers.sampling.served import ServedAdapters
from agentgym.trainers.settings import GrpoSettings

ADAPTERS = "adapters"


class Sampler(Protocol):
    """What plays the policy that is being trained."""

    def open(self) -> None:
        """Fail if it cannot sample exact tokens with an adapter."""
        ...

    def publish(self, trainer: Any, version: int) -> None:
        """Have it use the adapter of TRL's trainer as it is now; called in all processes."""
        ...

    def hand(self, model: Any) -> None:
        """Have it use the adapter of a PEFT model as it is now, to be looked at; called in the main process alone."""
        ...

    def source(self, *, temperature: float | None = None) -> PolicySource:
        """Return a source that samples with what was published last; at the temperature of training unless told."""
        ...

    def base(self) -> PolicySource:
        """Return a source that samples without an adapter."""
        ...

    def close(self) -> None:
        """Give back what was opened. Closing twice is harmless."""
        ...


def server_for(settings: GrpoSettings, folder: Path, processes: Processes) -> Server | None:
    """Return the server that samples, or None where the weights that are trained do; it is not open yet.

    Args:
        settings: what to do.
        folder: the run folder.
        processes: those that train together.

    Raises:
        UsageError: the weights are sharded, and nothing else is to sample.
    """
    if settings.policy.spec != IN_PROCESS:
        return Server(settings, folder / ADAPTERS, processes)
    if os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true"):
        raise UsageError(
            "policy.spec: weights that are sharded (FSDP) cannot be sampled from in process; have a server sample "
            "(--policy vllm:MODEL)"
        )
    return None


class OwnWeights:
    """Samples from the very weights that are trained; nothing has to be published."""

    def __init__(self, settings: GrpoSettings, loaded: Loaded) -> None:
        self._settings = settings
        self._loaded = loaded

    def open(self) -> None:
        """Look at the chat template."""
        self.source().preflight()

    def publish(self, trainer: Any, version: int) -> None:
        """Do nothing: the weights are the same."""

    def hand(self, model: Any) -> None:
        """Do nothing: the weights are the same."""

    def source(self, *, temperature: float | None = None) -> InProcess:
        """Return a source with the adapter."""
        return self._source(temperature, adapter=True)

    def base(self) -> InProcess:
        """Return a source without it."""
        return self._source(None, adapter=False)

    def close(self) -> None:
        """Do nothing."""

    def _source(self, temperature: float | None, *, adapter: bool) -> InProcess:
        asked = {} if temperature is None else {"temperature": temperature}
        policy = self._settings.policy.model_copy(update=asked)
        return InProcess(self._loaded, policy, seed=self._settings.seed, adapter=adapter)


class Server:
    """Samples from one vLLM server, which the main process gives the adapters that all processes sample with."""

    def __init__(self, settings: GrpoSettings, folder: Path, processes: Processes) -> None:
        self._settings = settings
        self._folder = folder
        self._processes = processes
        self._served = ServedAdapters(self._settings, folder)

    def open(self) -> None:
        """Find or start the server; raises as `ServedAdapters.open` does."""
        url = self._processes.on_main(self._found)
        if not self._processes.main:
            policy = self._settings.policy.model_copy(update={"base_url": url})
            self._served = ServedAdapters(self._settings.model_copy(update={"policy": policy}), self._folder)

    def publish(self, trainer: Any, version: int) -> None:
        """Save and load the adapter; sharded weights are gathered for that."""
        weights = gathered_weights(trainer)
        model = trainer.accelerator.unwrap_model(trainer.model)
        name = self._processes.on_main(lambda: self._served.publish(model, version, state_dict=weights))
        if not self._processes.main:
            self._served.use(name)

    def hand(self, model: Any) -> None:
        """Save and load the adapter as it is."""
        self._served.publish(model, 0)

    def source(self, *, temperature: float | None = None) -> PolicySource:
        """Return a source with the newest adapter."""
        return self._served.source if temperature is None else self._served.at(temperature)

    def base(self) -> PolicySource:
        """Return a source without one."""
        return self._served.base()

    def close(self) -> None:
        """Unload what was loaded, and end the server if it was started here."""
        self._served.close()

    def _found(self) -> str:
        self._served.open()
        return self._served.base_url
