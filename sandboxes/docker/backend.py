"""The Docker backend: boxes kept by an engine, with its limits and its walls."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from secrets import token_hex

import docker

from agentgym.errors import BackendUnavailable, ImageNotFound, UsageError
from agentgym.sandbox import BoxInfo, Capabilities, ImageSource, SandboxSpec
from agentgym.sandboxes.backend import VesselBackend
from agentgym.sandboxes.docker import report
from agentgym.sandboxes.docker.engine import APIError, NotFound, connect, engine_errors
from agentgym.sandboxes.docker.flags import EngineFacts
from agentgym.sandboxes.docker.images import build_files
from agentgym.sandboxes.docker.owner import BOX, box_info
from agentgym.sandboxes.docker.vessel import DockerVessel
from agentgym.sandboxes.images.builder import say
from agentgym.sandboxes.images.store import BUILD_COMMAND, docker_tag
from agentgym.sandboxes.owner import make_state_folder, state_folder

log = logging.getLogger(__name__)

# An engine that is asked for more at once gets slower, not faster.
STARTS_AT_ONCE = 8
PROBE_S = 30.0
STATE = state_folder("docker")
MISSING = 'for program; do command -v "$program" >/dev/null || printf "%s\\n" "$program"; done'


class DockerBackend(VesselBackend):
    """Boxes made of containers by a Docker engine on this machine.

    Args:
        timeout_s: how long the engine may take to answer a request.
        warm: boxes kept ready for each of the last specs asked for, made in the background; 0 makes each box when it
            is asked for. A box is handed out once either way.
    """

    name = "docker"

    def __init__(self, *, timeout_s: float = 30.0, warm: int = 0) -> None:
        self._timeout_s = timeout_s
        self._client: docker.DockerClient | None = None
        self._facts: EngineFacts | None = None
        self._missing: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        self._building = threading.Lock()
        self._built: set[str] = set()
        self._removers = ThreadPoolExecutor(2, "docker-remove")
        super().__init__(
            warm=warm, makers=STARTS_AT_ONCE, starts=STARTS_AT_ONCE, state=lambda: make_state_folder(STATE)
        )

    def capabilities(self) -> Capabilities:
        """Say, control by control, what can be enforced on this machine, whoever the spec's user is."""
        return self._capabilities(None)

    def _capabilities(self, user: str | None) -> Capabilities:
        with engine_errors("asking what it can do"):
            info = self._engine().info()
        return report.capabilities(info, report.facts(info), user)

    def _capabilities_for(self, spec: SandboxSpec) -> Capabilities:
        return self._capabilities(spec.user)

    def preflight(self, spec: SandboxSpec) -> None:
        """Fail closed if boxes of this spec cannot be had here. Opens one box for each image, once."""
        self._admit(spec)
        tag = docker_tag(spec.image)
        if not self.has_image(spec.image):
            raise ImageNotFound(f"the Docker engine has no image {tag}: build it with `{BUILD_COMMAND} {spec.image}`")
        key = (tag, spec.programs)
        if key not in self._missing:
            self._missing[key] = self._missing_programs(spec)
        if self._missing[key]:
            absent = ", ".join(self._missing[key])
            raise ImageNotFound(f"image {spec.image!r} lacks {absent}; add them to its recipe and rebuild")

    def has_image(self, name: str) -> bool:
        """Say whether the engine has an image."""
        try:
            tag = docker_tag(name)
            with engine_errors(f"looking for {tag}"):
                self._engine().api.inspect_image(tag)
        except (ImageNotFound, NotFound):
            return False
        return True

    def make_image(self, source: ImageSource) -> None:
        """Have the engine build an image, unless it has it."""
        with self._building:
            if source.name in self._built or self.has_image(source.name):
                self._built.add(source.name)
                return
            tag = docker_tag(source.name)
            say(f"building {tag} with the Docker engine (once; {source.why})")
            build_files(source.files, tag, timeout_s=source.timeout_s, progress=say)
            self._built.add(source.name)

    def _missing_programs(self, spec: SandboxSpec) -> list[str]:
        with self.acquire(spec) as box:
            found = box.exec(["sh", "-c", MISSING, "sh", "bash", *spec.programs], timeout_s=PROBE_S)
        return found.stdout.decode("utf-8", "replace").split()

    def _make(self, spec: SandboxSpec) -> DockerVessel:
        client, facts = self._engine(), self._engine_facts()
        return DockerVessel(
            spec,
            name=f"agentgym-{os.getpid()}-{token_hex(4)}",
            image=docker_tag(spec.image),
            client=client,
            facts=facts,
            remove_later=self._remove_later,
        )

    def _found(self) -> Iterator[tuple[BoxInfo, Callable[[], bool]]]:
        try:
            with engine_errors("looking for boxes"):
                found = self._engine().api.containers(all=True, filters={"label": BOX})
        except APIError as error:
            raise BackendUnavailable(f"the Docker engine does not say which boxes it has: {error}") from error
        for container in found:
            yield box_info(container, self.name), partial(self._remove, container["Id"])

    def close(self) -> None:
        """Close every box this backend still has open. Closing twice is harmless."""
        super().close()
        self._removers.shutdown(wait=True)
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _engine(self) -> docker.DockerClient:
        with self._lock:
            if self._closed and self._client is None:
                raise UsageError("the Docker backend is closed")
            if self._client is None:
                self._client = connect(timeout_s=self._timeout_s)
            return self._client

    def _engine_facts(self) -> EngineFacts:
        """Ask the engine once what it is; the first answer is also the time to remove strays."""
        if self._facts is None:
            with engine_errors("asking what it can do"):
                facts = report.facts(self._engine().info())
            self._facts = facts
            self._in_background(self._reap_quietly)
        return self._facts

    def _reap_quietly(self) -> None:
        try:
            removed = self.reap().removed
        except (BackendUnavailable, APIError, UsageError) as error:
            log.info("stray boxes were not looked for: %s", str(error))
        else:
            if removed:
                log.info("removed boxes of dead owners: %s", ", ".join(removed))

    def _remove_later(self, container: str) -> None:
        self._in_background(self._remove, container)

    def _in_background(self, work: object, *arguments: object) -> None:
        try:
            self._removers.submit(work, *arguments)  # type: ignore[arg-type]
        except RuntimeError:  # the interpreter or this backend is closing: nobody waits for speed any more
            work(*arguments)  # type: ignore[operator]

    def _remove(self, container: str) -> bool:
        """Remove a container, whatever state it is in; say whether it is gone."""
        try:
            with engine_errors(f"removing {container}"):
                self._engine().api.remove_container(container, force=True, v=True)
        except NotFound:
            return True
        except (APIError, BackendUnavailable, UsageError) as error:
            log.warning("container %s could not be removed (`agentgym sandbox reap` will): %s", container, str(error))
            return "already in progress" in str(error)
        return True
