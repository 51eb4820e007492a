"""Box images in the Docker engine."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import docker

from agentgym.errors import BackendUnavailable, ImageNotFound
from agentgym.sandboxes.docker.engine import APIError, BuildError, NotFound, connect, engine_errors

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def ping() -> None:
    """Ask the engine whether it is there.

    Raises:
        BackendUnavailable: it does not answer.
    """
    client = connect(timeout_s=5)
    try:
        with engine_errors("asking whether it is there"):
            client.ping()
    finally:
        client.close()


def image_id(tag: str) -> str | None:
    """Return the id of the engine's image of that tag, None if it has none."""
    client = connect()
    try:
        with engine_errors(f"looking for {tag}"):
            found: str = client.api.inspect_image(tag)["Id"]
            return found
    except NotFound:
        return None
    finally:
        client.close()


def import_tar(tar: Path, tag: str) -> None:
    """Make an image of a root filesystem's archive; a reader sees it whole or not at all."""
    repository, _, version = tag.partition(":")
    client = connect(timeout_s=600)
    try:
        with engine_errors(f"importing {tag}"):
            client.api.import_image_from_file(
                str(tar), repository=repository, tag=version, changes=[f"ENV PATH={PATH}", 'CMD ["/bin/bash"]']
            )
    except APIError as error:
        raise BackendUnavailable(f"the Docker engine could not import {tag}: {error.explanation}") from error
    finally:
        client.close()


def build_tar(name: str, files: Mapping[str, Path], tar: Path) -> None:
    """Build a Dockerfile with the files beside it and write the root filesystem of its result as an archive.

    Raises:
        BackendUnavailable: the engine cannot have the base image, or a step of the build failed.
    """
    client = connect(timeout_s=1800)
    try:
        with engine_errors(f"building {name}"):
            context = _archive({file: (path.read_bytes(), 0o644) for file, path in files.items()})
            image, _ = client.images.build(fileobj=context, custom_context=True, rm=True, forcerm=True)
            try:
                _export(client, image.id, tar)
            finally:
                client.images.remove(image.id)
    except (APIError, BuildError) as error:
        raise BackendUnavailable(f"the Docker engine could not build {name}: {error}") from error
    finally:
        client.close()


def build_files(
    files: Mapping[str, tuple[bytes, int]], tag: str, *, timeout_s: float, progress: Callable[[str], None]
) -> None:
    """Build an image of a Dockerfile and the files around it, given with their modes; tells each step.

    Raises:
        ImageNotFound: a step of the build failed, or it took too long.
        BackendUnavailable: the engine does not answer.
    """
    client = connect(timeout_s=timeout_s)
    try:
        with engine_errors(f"building {tag}"):
            deadline = time.monotonic() + timeout_s
            told = client.api.build(
                fileobj=_archive(files), custom_context=True, tag=tag, rm=True, forcerm=True, decode=True
            )
            for message in told:
                if "error" in message:
                    raise ImageNotFound(f"the Docker engine could not build {tag}: {message['error'].strip()}")
                if line := str(message.get("stream", "")).strip():
                    progress(line)
                if time.monotonic() > deadline:
                    raise ImageNotFound(f"the Docker engine did not build {tag} within {timeout_s:.0f} s")
    except APIError as error:
        raise ImageNotFound(f"the Docker engine could not build {tag}: {error.explanation}") from error
    finally:
        client.close()


def _archive(files: Mapping[str, tuple[bytes, int]]) -> io.BytesIO:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, (data, mode) in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    archive.seek(0)
    return archive


def _export(client: docker.DockerClient, image: str, tar: Path) -> None:
    """Write an image's root filesystem as an archive."""
    container = client.containers.create(image)
    try:
        with tar.open("wb") as file:
            file.writelines(container.export())
    finally:
        container.remove(force=True)
