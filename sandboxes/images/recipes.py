"""What goes into an image: one folder per image, and the key that tells one content from another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentgym.errors import ImageNotFound

FOLDER = Path(__file__).parent
SUITE = "bookworm"
OWN_FILES = ("Dockerfile", "packages.txt")
SHARED_FILES = ("setup.sh",)


@dataclass(frozen=True)
class Recipe:
    """One image as data.

    Attributes:
        name: the image's name, as in `SandboxSpec.image`.
        files: what it is built from, by name: its own list of packages and what all images share.
        packages: the Debian packages that it asks for.
        key: twelve hex digits that change when any of its files does.
    """

    name: str
    files: Mapping[str, Path]
    packages: tuple[str, ...]
    key: str


def names() -> list[str]:
    """Return the names of the images that have a recipe."""
    return sorted(path.parent.name for path in FOLDER.glob("*/packages.txt"))


def recipe(name: str) -> Recipe:
    """Return the recipe of an image.

    Raises:
        ImageNotFound: there is no recipe of that name.
    """
    if name not in names():
        if name == "host":
            raise ImageNotFound("the image 'host' is bubblewrap's: choose that backend, as with `--sandbox bubblewrap`")
        raise ImageNotFound(
            f"there is no box image named {name!r}: the images are {', '.join(names())}; `agentgym sandbox build NAME` "
            "makes one"
        )
    files = {file: FOLDER / name / file for file in OWN_FILES} | {file: FOLDER / file for file in SHARED_FILES}
    digest = hashlib.sha256(SUITE.encode())
    for file, path in files.items():
        digest.update(b"\0" + file.encode() + b"\0" + path.read_bytes())
    lines = files["packages.txt"].read_text("utf-8").splitlines()
    packages = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    return Recipe(name, files, packages, digest.hexdigest()[:12])
