"""A root filesystem as a tar archive, made by mmdebstrap from the machine's own apt sources."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from pathlib import Path

from agentgym.errors import BackendUnavailable
from agentgym.sandboxes.images.recipes import SUITE, Recipe

APT_SOURCES = Path("/etc/apt")
# What a machine may need to reach its mirror; the rest of its apt settings is its own business.
APT_OPTIONS = (
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::https::CaInfo",
)
LEFT_OUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*")


def available() -> bool:
    """Say whether mmdebstrap is installed."""
    return shutil.which("mmdebstrap") is not None


def debootstrap(image: Recipe, tar: Path, *, lock: int, timeout_s: float = 1800) -> None:
    """Make the root filesystem of a recipe.

    Raises:
        BackendUnavailable: mmdebstrap cannot run here, or failed; the message ends with what it said.
    """
    command = build_command(image, tar, mode=_mode())
    with tar.with_name("build.log").open("wb") as log:
        run = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=timeout_s, pass_fds=(lock,)
        )
    if run.returncode:
        said = tar.with_name("build.log").read_text("utf-8", "replace").strip().splitlines()[-12:]
        raise BackendUnavailable("\n".join((f"mmdebstrap failed with status {run.returncode}:", *said)))


def build_command(image: Recipe, tar: Path, *, mode: str) -> list[str]:
    """Return the command that makes the root filesystem of a recipe; `mode` is one of mmdebstrap's."""
    return [
        "mmdebstrap",
        f"--mode={mode}",
        "--variant=minbase",
        "--format=tar",
        f"--include={','.join(image.packages)}",
        *_apt_options(),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        f"--customize-hook=copy-in {image.files['setup.sh']} /tmp",
        '--customize-hook=chroot "$1" sh /tmp/setup.sh',
        SUITE,
        str(tar),
        *_mirrors(),
    ]


def _mode() -> str:
    """Return how mmdebstrap gets the many user ids of a root filesystem."""
    if os.geteuid() == 0:
        return "root"
    subuid = Path("/etc/subuid")
    owners = {line.split(":")[0] for line in subuid.read_text().splitlines()} if subuid.exists() else set()
    if not {getpass.getuser(), str(os.geteuid())} & owners or not shutil.which("newuidmap"):
        raise BackendUnavailable(
            "a plain user needs subordinate user ids to build a box image: install the `uidmap` package and add the "
            "user with `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, or build once as root"
        )
    return "unshare"


def _mirrors() -> list[str]:
    """Return the machine's own apt sources that serve the suite; none means mmdebstrap's default."""
    files = [APT_SOURCES / "sources.list", *sorted((APT_SOURCES / "sources.list.d").glob("*.sources"))]
    found = [str(file) for file in files if file.is_file() and _serves_suite(file.read_text("utf-8", "replace"))]
    return found[:1]


def _serves_suite(text: str) -> bool:
    """Say whether an apt source, in either format, names the suite itself (updates alone would not do)."""
    words = {word for line in text.splitlines() if not line.lstrip().startswith("#") for word in line.split()}
    return SUITE in words and "main" in words


def _apt_options() -> list[str]:
    """Return the machine's own apt settings that reaching its mirror may need."""
    if not shutil.which("apt-config"):
        return []
    dump = subprocess.run(
        ["apt-config", "dump", *APT_OPTIONS], capture_output=True, text=True, timeout=30, check=False
    ).stdout
    lines = [line.rstrip(";") for line in dump.splitlines() if line.startswith(APT_OPTIONS)]
    return [f"--aptopt={line}" for line in lines if not line.endswith(' ""')]
