"""A vLLM server as the sampler of a training run: each version of the adapter is loaded under a name of its own."""

from __future__ import annotations

import logging
import shutil
import time
import uuid
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

from agentgym.errors import AgentGymError, UsageError
from agentgym.policies.vllm import Beside, Vllm
from agentgym.policy import PolicySettings, PolicySource
from agentgym.serving import adapters
from agentgym.trainers.adapters.adapter_files import save_adapter
from agentgym.trainers.adapters.model import profile_of
from agentgym.trainers.sampling.append_only import require_append_only
from agentgym.trainers.settings import GrpoSettings

# With overlap, episodes of the version before the newest are still played.
_KEPT = 2
_PREFIX = "vllm:"

_log = logging.getLogger(__name__)


class _Version(NamedTuple):
    """A version of the adapter; its folder is None where another process saved and loaded it."""

    name: str
    source: Beside
    folder: Path | None = None


class ServedAdapters:
    """One vLLM server, and the versions of an adapter that it has been given.

    A version's name is never used again, and one that no episode plays with any more is unloaded: the newest and the
    one before stay.
    """

    def __init__(self, settings: GrpoSettings, folder: Path) -> None:
        """Say which server; it is found or started by `open`.

        Args:
            settings: `policy` names the model and the server.
            folder: where adapters are saved for the server to read, on its own disk.

        Raises:
            UsageError: `policy.spec` names no model of a vLLM server.
        """
        spec, policy = settings.policy.spec, settings.policy
        if not spec.startswith(_PREFIX):
            raise UsageError(f"policy.spec: {spec!r} is no vLLM server's model; write it as vllm:MODEL, or in-process")
        self._settings = PolicySettings(
            base_url=policy.base_url,
            api="tokens",
            thinking=policy.thinking,
            temperature=policy.temperature,
            max_tokens=policy.max_tokens,
            call_timeout_s=policy.call_timeout_s,
            attempt_timeout_s=policy.call_timeout_s,
            concurrency=settings.groups.concurrency,
        )
        model, profile = spec.removeprefix(_PREFIX), profile_of(settings.model)
        self._vllm = Vllm(model, self._settings, profile=profile, adapter_rank=settings.lora.rank)
        self._folder = folder
        self._name = Path(model).name
        self._versions: deque[_Version] = deque()
        self._others: list[Beside] = []

    @property
    def base_url(self) -> str:
        """The server's API, for other processes of the same run; it is found or started for this."""
        return self._vllm.base_url

    def open(self) -> None:
        """Find the server, or start one; fail if it cannot do what training needs.

        Raises:
            UsageError: it takes no adapters, serves another model, or its template is not append-only.
            PolicyUnavailable: it does not answer.
        """
        self._vllm.preflight()
        adapters.require_adapters(self.base_url)
        asked = self._vllm.model.tokens
        assert asked is not None
        deadline = time.monotonic() + self._settings.call_timeout_s
        require_append_only(asked.renderer, asked.ends(deadline=deadline), deadline=deadline)

    def publish(self, model: Any, version: int, *, state_dict: dict[str, Any] | None = None) -> str:
        """Save a PEFT model's adapter and have the server load it; `source` then samples with it.

        For the main process alone; the others `use` the name that is returned.

        Args:
            model: of PEFT.
            version: says in the name which update this is; the same may be published again.
            state_dict: the model's weights, gathered, where it is sharded.

        Raises:
            UsageError: the server does not take the adapter, or the disk is full; says what to do.
            PolicyUnavailable: it does not answer.
        """
        name = f"{self._name}-v{version}-{uuid.uuid4().hex[:8]}"
        folder = self._folder / name
        try:
            save_adapter(model, folder, state_dict=state_dict)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise UsageError(
                f"the adapter could not be saved in {folder}: {error}. Make room on the disk, and go on with --resume"
            ) from error
        try:
            self._vllm.load_adapter(name, folder)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, adapters.AdapterUnknown):
                raise UsageError(
                    f"{error} The server reads adapters from its own disk: run it where {self._folder} is the same "
                    "folder"
                ) from error
            raise
        self._versions.append(_Version(name, self._vllm.beside(name), folder))
        self._retire(_KEPT)
        return name

    def use(self, name: str) -> None:
        """Sample with a version that another process has published, and will unload."""
        self._versions.append(_Version(name, self._vllm.beside(name)))
        self._retire(_KEPT)

    @property
    def source(self) -> PolicySource:
        """Samples with the newest version, or with the model itself before the first."""
        return self._versions[-1].source if self._versions else self._vllm

    def at(self, temperature: float | None = None, *, max_tokens: int | None = None) -> PolicySource:
        """Return a source that samples with the version that is the newest now, in another way; it ends with `close`.

        Args:
            temperature: by default that of training.
            max_tokens: most tokens of an answer; by default as in training.
        """
        return self._other(self._versions[-1].name if self._versions else None, temperature, max_tokens)

    def base(self, *, temperature: float | None = None, max_tokens: int | None = None) -> PolicySource:
        """Return a source that samples from the model without an adapter; arguments as for `at`."""
        return self._other(None, temperature, max_tokens)

    def close(self) -> None:
        """Unload what was loaded, and end the server if it was started here. Closing twice is harmless."""
        while self._others:
            self._others.pop().close()
        # A server that is ended with this forgets all it has.
        self._retire(0, unload=not self._vllm.started)
        self._vllm.close()

    def _other(self, name: str | None, temperature: float | None, max_tokens: int | None) -> Beside:
        self._others.append(self._vllm.beside(name, temperature=temperature, max_tokens=max_tokens))
        return self._others[-1]

    def _retire(self, kept: int, *, unload: bool = True) -> None:
        """Have the server forget all but the newest versions, and delete their folders."""
        while len(self._versions) > kept:
            version = self._versions.popleft()
            version.source.close()
            if version.folder is not None:
                if unload:
                    self._unload(version.name)
                shutil.rmtree(version.folder, ignore_errors=True)

    def _unload(self, name: str) -> None:
        try:
            self._vllm.unload_adapter(name)
        except AgentGymError as error:
            # It takes room on the server, and no more: nothing plays with it.
            _log.warning("the adapter %s stays on the server: %s", name, error)
