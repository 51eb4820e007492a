"""Backends for tests, and what becomes of a tier that this machine cannot run.

Such a tier skips with its reason. `AGENTGYM_REQUIRE=docker,bubblewrap` (any markers) turns that skip into a failure.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import AgentGymError
from agentgym.sandbox import SandboxBackend, SandboxSpec

TIERS = {"docker_backend": "docker", "bubblewrap_backend": "bubblewrap"}


def required_tiers() -> set[str]:
    return {name for name in os.environ.get("AGENTGYM_REQUIRE", "").split(",") if name}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--alone", choices=("never", "only"), help="leave out the tests marked `alone`, or all others")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for fixture, marker in TIERS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
    # The long ones first, so that no worker begins one when the others are done.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if asked := config.getoption("--alone"):
        apart: dict[bool, list[pytest.Item]] = {True: [], False: []}
        for item in items:
            apart[(item.get_closest_marker("alone") is not None) == (asked == "only")].append(item)
        config.hook.pytest_deselected(items=apart[False])
        items[:] = apart[True]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    demanded = required_tiers() & {marker.name for marker in item.iter_markers()}
    if call.when == "setup" and report.skipped and demanded:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"AGENTGYM_REQUIRE asks for {', '.join(sorted(demanded))}: {why}"
    return report


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """Commands that run within a test, or a fixture, set how much is logged; that is not for the next test."""
    logging.getLogger("agentgym").setLevel(logging.NOTSET)
    yield
    logging.getLogger("agentgym").setLevel(logging.NOTSET)


def _ready(backend: SandboxBackend) -> Iterator[SandboxBackend]:
    try:
        try:
            backend.preflight(SandboxSpec())
        except AgentGymError as error:
            pytest.skip(f"{backend.name} cannot run here: {error}")
        yield backend
    finally:
        backend.close()


@pytest.fixture(scope="session")
def docker_backend() -> Iterator[SandboxBackend]:
    pytest.importorskip("docker", reason="the docker extra is not installed")
    from agentgym.sandboxes.docker.backend import DockerBackend

    yield from _ready(DockerBackend())


@pytest.fixture(scope="session")
def bubblewrap_backend() -> Iterator[SandboxBackend]:
    from agentgym.sandboxes.bubblewrap.backend import BubblewrapBackend

    yield from _ready(BubblewrapBackend())


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("bubblewrap_backend", marks=pytest.mark.bubblewrap, id="bubblewrap"),
        pytest.param("docker_backend", marks=pytest.mark.docker, id="docker"),
    ],
)
def backend(request: pytest.FixtureRequest) -> SandboxBackend:
    chosen: SandboxBackend = request.getfixturevalue(request.param)
    return chosen


class Engine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = f"unix://{folder}/socket"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = [f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec", f"--host={self.host}"]
        options += [f"--pidfile={self.folder}/pid", "--bridge=none", "--iptables=false", "--ip6tables=false"]
        (self.folder / "pid").unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            # With a network of its own, as an engine without a bridge removes the one of the machine's engine, and
            # with mounts of its own, which end with it however it ends.
            argv = ["unshare", "--net", "--mount", "dockerd", *options]
            self._process = subprocess.Popen(argv, stdout=log, stderr=log)
        for _ in range(240):
            if (
                subprocess.run(["docker", "--host", self.host, "version"], capture_output=True, check=False).returncode
                == 0
            ):
                return
            time.sleep(0.25)
        raise AssertionError((self.folder / "log").read_text()[-3000:])

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        # The engine's own containerd outlives it, and would keep the next engine from starting.
        pid = self.folder / "exec" / "containerd" / "containerd.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGKILL)
            pid.unlink()

    def close(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def own_engine(tmp_path_factory: pytest.TempPathFactory, docker_backend: object) -> Iterator[Engine]:
    """A Docker engine of the test's own, which may be killed."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("an engine of the test's own needs root and dockerd")
    engine = Engine(tmp_path_factory.mktemp("engine"))
    engine.start()
    try:
        yield engine
    finally:
        engine.close()
