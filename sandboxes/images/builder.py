"""Making what is missing of an image: the archive once, the extracted folder, the Docker engine's copy."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from agentgym.errors import BackendUnavailable
from agentgym.sandboxes.images import debian
from agentgym.sandboxes.images.recipes import Recipe, recipe
from agentgym.sandboxes.images.store import docker_tag, image_folder, is_there, locked, partial


class Built(NamedTuple):
    """What there is of an image on this machine.

    Attributes:
        rootfs: folder with the extracted root filesystem.
        tar: the same as an archive.
        tar_sha256: the archive's digest.
        packages: file with the exact versions of all installed packages, one `name=version` a line.
        docker_image: id of the engine's copy; None if no engine answers.
    """

    rootfs: Path
    tar: Path
    tar_sha256: str
    packages: Path
    docker_image: str | None


def say(message: str) -> None:
    """Tell the person at the terminal."""
    print(f"agentgym: {message}", file=sys.stderr, flush=True)


def build(name: str, *, progress: Callable[[str], None] = say) -> Built:
    """Build what is missing of an image, and nothing else; many askers make one build.

    Raises:
        ImageNotFound: there is no recipe of that name.
        BackendUnavailable: it cannot be built here; the message says what is needed.
    """
    image = recipe(name)
    engine = _engine()
    if (built := _look(image, engine)) and (engine is None or built.docker_image):
        return built
    with locked(image, progress) as lock:
        folder = image_folder(image)
        if not (folder / "rootfs.tar").exists():
            _make_tar(image, engine, lock, progress)
        if not (folder / "packages.lock").exists():
            _list_packages(folder)
        if not (folder / "rootfs").is_dir():
            _extract(image, folder, lock, progress)
        if engine is not None and engine.image_id(docker_tag(name)) is None:
            progress(f"importing the box image {name!r} into the Docker engine (a few seconds)")
            engine.import_tar(folder / "rootfs.tar", docker_tag(name))
        docker_image = engine.image_id(docker_tag(name)) if engine is not None else None
        _record(image, folder, docker_image)
        return _built(folder, docker_image)


def _look(image: Recipe, engine: ModuleType | None) -> Built | None:
    """Return what is there if all that needs no engine is, else None."""
    folder = image_folder(image)
    if not all(is_there(folder / part) for part in ("rootfs.tar", "rootfs", "packages.lock", "build.json")):
        return None
    docker_image = engine.image_id(docker_tag(image.name)) if engine is not None else None
    return _built(folder, docker_image)


def _built(folder: Path, docker_image: str | None) -> Built:
    digest = json.loads((folder / "build.json").read_text("utf-8"))["tar_sha256"]
    return Built(folder / "rootfs", folder / "rootfs.tar", digest, folder / "packages.lock", docker_image)


def _engine() -> ModuleType | None:
    """Return the module that talks to the Docker engine, if the extra is installed and an engine answers."""
    try:
        from agentgym.sandboxes.docker import images

        images.ping()
    except (ImportError, BackendUnavailable):
        return None
    return images


def _make_tar(image: Recipe, engine: ModuleType | None, lock: int, progress: Callable[[str], None]) -> None:
    """Make the archive with whatever this machine has for it."""
    with partial(image_folder(image) / "rootfs.tar") as draft:
        if debian.available():
            progress(f"building the box image {image.name!r} with mmdebstrap (20 s to 2 min, once)")
            debian.debootstrap(image, draft, lock=lock)
        elif engine is not None:
            progress(f"building the box image {image.name!r} with the Docker engine (1 to 3 min, once)")
            engine.build_tar(image.name, image.files, draft)
        else:
            raise BackendUnavailable(
                f"building the box image {image.name!r} needs mmdebstrap (`apt install mmdebstrap`) or a Docker "
                "engine that answers (and `pip install 'agentgym-rl[docker]'`)"
            )


def _extract(image: Recipe, folder: Path, lock: int, progress: Callable[[str], None]) -> None:
    """Unpack the archive. Device nodes stay out: a backend gives each box its own /dev."""
    progress(f"extracting the box image {image.name!r} (a few seconds)")
    owner = "--same-owner" if os.geteuid() == 0 else "--no-same-owner"
    with partial(folder / "rootfs") as draft:
        draft.mkdir(mode=0o755)
        run = subprocess.run(
            ["tar", "-xpf", folder / "rootfs.tar", "-C", draft, "--numeric-owner", owner, "--exclude=./dev/*"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, pass_fds=(lock,),
        )  # fmt: skip
        if run.returncode:
            raise BackendUnavailable(f"the box image {image.name!r} could not be extracted: {run.stderr[-800:]}")
        draft.chmod(0o755)


def _list_packages(folder: Path) -> None:
    """Write the exact version of every installed package next to the archive."""
    with tarfile.open(folder / "rootfs.tar") as tar:
        member = next(entry for entry in tar if entry.name.removeprefix("./") == "var/lib/dpkg/status")
        file = tar.extractfile(member)
        status = file.read().decode("utf-8") if file else ""
    fields = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != " ")
              for block in status.split("\n\n") if block.strip()]  # fmt: skip
    with partial(folder / "packages.lock") as draft:
        draft.write_text("".join(sorted(f"{entry['Package']}={entry['Version']}\n" for entry in fields)), "utf-8")


def _record(image: Recipe, folder: Path, docker_image: str | None) -> None:
    """Write down which bytes the image's boxes are made of."""
    with (folder / "rootfs.tar").open("rb") as tar:
        digest = hashlib.file_digest(tar, "sha256").hexdigest()
    record = {"name": image.name, "key": image.key, "tar_sha256": digest, "docker_image": docker_image}
    with partial(folder / "build.json") as draft:
        draft.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
