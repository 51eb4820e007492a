"""The instructions of a Dockerfile, and what the box image has already of what one installs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import agentgym

DEFAULT_WORKDIR = "/app"
# Instructions that change neither the files of a box nor how its commands run.
WITHOUT_EFFECT = frozenset(
    {"LABEL", "MAINTAINER", "EXPOSE", "CMD", "ENTRYPOINT", "STOPSIGNAL", "HEALTHCHECK", "VOLUME"}
)
# What every Debian has, or comes with the packages that the image asks for.
BASE_PACKAGES = frozenset(
    """
    base-files base-passwd bash bsdutils coreutils cron-daemon-common dash debconf debian-archive-keyring debianutils
    diffutils dpkg e2fsprogs findutils gpgv grep gzip hostname init-system-helpers libc-bin libcap2-bin login logsave
    mawk media-types mount ncurses-base ncurses-bin nginx-common openssh-sftp-server passwd perl perl-base procps
    python3-minimal python3.11 python3.11-minimal sensible-utils sysvinit-utils tar ucf util-linux util-linux-extra
    """.split()  # noqa: SIM905 - names of packages are read, and compared, in lines
)


class Instruction(NamedTuple):
    """One instruction, and the line on which it begins."""

    line: int
    name: str
    rest: str


def instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions, continued lines joined and comments left out."""
    begun, parts = 0, []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun = begun or number
        parts.append(line.strip().removesuffix("\\").strip())
        if line.rstrip().endswith("\\"):
            continue
        name, _, rest = " ".join(parts).partition(" ")
        yield Instruction(begun, name.upper(), rest.strip())
        begun, parts = 0, []
    if parts:
        name, _, rest = " ".join(parts).partition(" ")
        yield Instruction(begun, name.upper(), rest.strip())


@cache
def image_packages() -> frozenset[str]:
    """Return the names of the Debian packages that the image `linux` has."""
    listed = Path(agentgym.__file__).parent / "sandboxes" / "images" / "linux" / "packages.txt"
    lines = (line.partition("#")[0].strip() for line in listed.read_text("utf-8").splitlines())
    return BASE_PACKAGES | {line for line in lines if line}
