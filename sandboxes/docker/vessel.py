"""One Docker box: a container whose main process is the in-box agent, on one attached stream."""

from __future__ import annotations

import logging
import posixpath
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import docker

from agentgym.errors import BackendUnavailable, ImageNotFound, SandboxLost
from agentgym.sandbox import SandboxSpec
from agentgym.sandboxes.diagnosis import Evidence
from agentgym.sandboxes.docker.engine import APIError, NotFound, engine_errors
from agentgym.sandboxes.docker.flags import EngineFacts, command, first_words, host_options, tmpfs
from agentgym.sandboxes.docker.owner import labels
from agentgym.sandboxes.docker.stream import AttachedStream
from agentgym.sandboxes.images.store import BUILD_COMMAND
from agentgym.sandboxes.oom import OomCounter
from agentgym.sandboxes.vessel import START_TIMEOUT_S, Changes, Vessel

log = logging.getLogger(__name__)

SETTLE_S = 2.0
REMOVED = 2


class DockerVessel(Vessel):
    """A vessel that is a container."""

    def __init__(
        self,
        spec: SandboxSpec,
        *,
        name: str,
        image: str,
        client: docker.DockerClient,
        facts: EngineFacts,
        remove_later: Callable[[str], None],
    ) -> None:
        super().__init__(spec, name=name)
        self._image = image
        self._api = client.api
        self._facts = facts
        self._remove_later = remove_later
        self._container: str | None = None
        self._stream: AttachedStream | None = None
        self._oom: OomCounter | None = None
        self._words = ""

    def _start(self) -> AttachedStream:
        self._words = ""
        self._container = self.name
        try:
            with engine_errors(f"starting box {self.name}"):
                self._create(self._container)
                self._stream = self._attach(self._container)
                self._api.start(self._container)
                self._stream.send(first_words(self._facts), timeout_s=START_TIMEOUT_S)
                self._oom = find_oom_counter(self._inspect()["State"]["Pid"])
        except APIError as error:
            raise self._refusal(error) from error
        return self._stream

    def _create(self, container: str) -> None:
        self._api.create_container(
            self._image,
            command(self._facts),
            name=container,
            hostname="box",
            user="0:0",
            stdin_open=True,
            entrypoint="",
            working_dir="/",
            labels=labels(self.name),
            host_config=self._api.create_host_config(**host_options(self.spec, self._facts)),
        )

    def _attach(self, container: str) -> AttachedStream:
        # Attached before it starts, so that no word of it is lost; the engine ends stdin when this stream ends.
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        return AttachedStream(self._api.attach_socket(container, params=wanted))

    def _refusal(self, error: APIError) -> Exception:
        """Say in the contract's words why the engine did not start the box."""
        said = str(error.explanation or error)
        if isinstance(error, NotFound) and "o such image" in said:
            return ImageNotFound(
                f"the Docker engine has no image {self._image}: build it with `{BUILD_COMMAND} {self.spec.image}`"
            )
        if "python3" in said and "not found" in said:
            return ImageNotFound(f"image {self._image} has no python3, which every box needs")
        return SandboxLost(f"the Docker engine did not start box {self.name}: {said}")

    def _end(self) -> None:
        container, self._container = self._container, None
        stream, self._stream = self._stream, None
        oom, self._oom = self._oom, None
        if oom is not None:
            oom.close()
        try:
            if container is not None:
                self._kill(container)
        finally:
            if stream is not None:
                stream.close()
                self._words = stream.stderr.decode("utf-8", "replace")
        if container is not None:
            self._remove_later(container)

    def _kill(self, container: str) -> None:
        """Kill everything in the container; the engine answers once all of it is dead."""
        try:
            with engine_errors(f"ending box {self.name}"):
                self._api.kill(container, signal="KILL")
        except (APIError, BackendUnavailable) as error:
            # It has ended by itself, or no engine answers; what is left then is for `reap`.
            log.info("box %s could not be killed: %s", self.name, str(error))

    def _look(self) -> Evidence:
        if self._container is None:
            return Evidence(exists=False)
        try:
            with engine_errors(f"asking after box {self.name}"):
                state = self._settled_state()
        except NotFound:
            return Evidence(exists=False)
        except (APIError, BackendUnavailable) as error:
            return Evidence(keeper=str(error))
        # The engine's flag stays: where there was a kill for memory before, it says nothing about this end.
        oom = state["OOMKilled"] and not self.oom_kills_before
        return Evidence(running=state["Running"], status=state["ExitCode"], oom=oom)

    def changes(self) -> Changes:
        """Say where the box can have written, or what it wrote."""
        if self.spec.user == "agent":
            return Changes([], [*tmpfs(self.spec), "/dev/shm"], [])
        try:
            with engine_errors(f"asking what box {self.name} has written"):
                found = self._api.diff(self._container) or []
        except (APIError, BackendUnavailable) as error:
            raise SandboxLost(f"box {self.name}: {error}") from error
        changed = [entry["Path"] for entry in found if entry["Kind"] != REMOVED]
        removed = [entry["Path"] for entry in found if entry["Kind"] == REMOVED]
        # The engine spoils names that are no UTF-8: where one may be, all of its folder is taken.
        spoilt = {posixpath.dirname(path) for path in changed if "\ufffd" in path} - {"/"}
        return Changes(changed, ["/dev/shm", *sorted(spoilt)], removed)

    def _settled_state(self) -> Mapping[str, Any]:
        """Return the container's state, once the engine has had time to see that it ended."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            state: Mapping[str, Any] = self._inspect()["State"]
            if not state["Running"] or time.monotonic() > deadline:
                return state
            time.sleep(0.05)

    def _inspect(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._api.inspect_container(self._container)
        return found

    def oom_kills(self) -> int | None:
        """Return how many processes of the box the kernel has killed for memory; None if nobody counts."""
        return self._oom.kills() if self._oom else None

    def _last_words(self) -> str:
        words = (self._words or (self._stream.stderr.decode("utf-8", "replace") if self._stream else "")).strip()
        return f"\n{words}" if words else ""


def find_oom_counter(pid: int) -> OomCounter | None:
    """Return the count of out-of-memory kills of a process's container; None if it is not ours to see."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        _, controllers, folder = line.split(":", 2)
        if "memory" in controllers.split(","):
            file = Path(f"/sys/fs/cgroup/memory{folder}/memory.oom_control")
        elif not controllers:
            file = Path(f"/sys/fs/cgroup{folder}/memory.events")
        else:
            continue
        if file.is_file():
            return OomCounter(file)
    return None
