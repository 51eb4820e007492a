"""The Docker engine: one client, short timeouts, and its errors in this project's words."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import docker.utils
import requests
from docker.errors import APIError, BuildError, DockerException, NotFound

from agentgym.errors import BackendUnavailable

START_ENGINE = "start the engine (`systemctl start docker`, or `dockerd`) and check that `docker info` works"
JOIN_GROUP = "this user may not use it: have root add it to the group `docker`, and log in again"

KNOCK_S = 5.0

__all__ = ["START_ENGINE", "APIError", "BuildError", "NotFound", "connect", "engine_errors"]


def connect(*, timeout_s: float = 30, pool_size: int = 64) -> docker.DockerClient:
    """Open a client of the engine that the environment names (`DOCKER_HOST`, else the local socket).

    Raises:
        BackendUnavailable: there is no engine to talk to.
    """
    with engine_errors("connecting to it"):
        _knock()
        return docker.from_env(timeout=timeout_s, max_pool_size=pool_size)


def _knock() -> None:
    """Try the engine's socket first: the SDK leaves the one of a refused connection open."""
    address = docker.utils.parse_host(os.environ.get("DOCKER_HOST"))
    if address.startswith("http+unix://"):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(KNOCK_S)
            sock.connect(address.removeprefix("http+unix://"))


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn the SDK's many ways of saying that no engine answers into one.

    An answer of the engine, even a refusal, is not one of them: `APIError` and `BuildError` pass through.
    """
    try:
        yield
    except (APIError, BuildError):
        raise
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        advice = JOIN_GROUP if isinstance(error, PermissionError) else START_ENGINE
        said = f"the Docker engine does not answer ({doing}): {error}; {advice}"
        raise BackendUnavailable(said, remedy=_remedy(error)) from error


def _remedy(error: BaseException) -> str:
    """Return the command that gets this machine's own engine to answer; nothing for an engine elsewhere."""
    if os.environ.get("DOCKER_HOST"):
        return ""
    if isinstance(error, PermissionError):
        return "sudo usermod --append --groups docker $USER"
    if not shutil.which("dockerd"):
        return "apt-get install docker.io"
    return "systemctl start docker" if Path("/run/systemd/system").is_dir() else "dockerd"
