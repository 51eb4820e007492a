"""Reading `environment/Dockerfile` without building it: the box image, plus the files that are copied into it.

Boxes are made of one image, without a network. So a Dockerfile can say where the work is done and which files lie
there; what it installs must be in the image already.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agentgym.harbor.dockerfile import DEFAULT_WORKDIR, WITHOUT_EFFECT, Instruction, image_packages, instructions

MODULES = frozenset({"pytest"})
PASSED_OVER = WITHOUT_EFFECT | {"FROM", "SHELL"}
NO_EFFECT = (
    re.compile(r"(apt-get|apt) (-\S+ )*(update|clean|autoclean)( -\S+)*"),
    re.compile(r"rm -rf /var/lib/apt/lists/\*"),
)
APT = re.compile(r"(?:apt-get|apt) (?:-\S+ )*install (.+)")
PIP = re.compile(r"(?:python3? -m )?pip3? install (.+)")


@dataclass
class Recipe:
    """What a Dockerfile comes to.

    Attributes:
        workdir: where commands start.
        files: what is copied, by absolute path in the box.
        faults: what cannot be done here, each with its line.
    """

    workdir: str = ""
    files: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)


def read_dockerfile(text: str, context: Mapping[str, str]) -> Recipe:
    """Return what a Dockerfile comes to.

    Args:
        text: the Dockerfile.
        context: the files of its folder, by relative path.
    """
    recipe = Recipe()
    stages = 0
    for instruction in instructions(text):
        stages += instruction.name == "FROM"
        if stages > 1:
            recipe.faults.append((instruction.line, "a second FROM: builds in several stages cannot be made here"))
            break
        _follow(instruction, context, recipe)
    recipe.workdir = recipe.workdir or DEFAULT_WORKDIR
    return recipe


def _follow(instruction: Instruction, context: Mapping[str, str], recipe: Recipe) -> None:
    why: str | None = None
    if instruction.name == "WORKDIR":
        recipe.workdir = posixpath.normpath(posixpath.join(recipe.workdir or "/", instruction.rest.strip("\"'")))
    elif instruction.name in ("COPY", "ADD"):
        why = _copy(instruction.rest, context, recipe)
    elif instruction.name == "RUN":
        why = _run(instruction.rest, recipe)
    elif instruction.name == "USER":
        why = None if instruction.rest in ("root", "0") else "boxes of Harbor tasks belong to root"
    elif instruction.name not in PASSED_OVER:
        why = "this instruction cannot be followed here; FROM, WORKDIR, COPY and some of RUN can"
    if why:
        recipe.faults.append((instruction.line, f"{instruction.name} {instruction.rest}: {why}"))


def _copy(rest: str, context: Mapping[str, str], recipe: Recipe) -> str | None:
    try:
        words = shlex.split(rest)
    except ValueError as error:
        return str(error)
    if len(words) < 2 or "<<" in rest or rest.startswith(("[", "--")) or re.search(r"[*?$\[]|://", rest):
        return "write it as COPY SOURCE… TARGET, without flags, variables, patterns or URLs"
    *sources, target = words
    into = target.endswith("/") or target in (".", "..") or len(sources) > 1
    place = posixpath.normpath(posixpath.join(recipe.workdir or "/", target))
    for source in sources:
        name = posixpath.normpath(source.lstrip("/") or ".")
        if name in context:
            recipe.files[posixpath.join(place, posixpath.basename(name)) if into else place] = context[name]
            continue
        prefix = "" if name == "." else f"{name}/"
        below = {path.removeprefix(prefix): text for path, text in context.items() if path.startswith(prefix)}
        if not below:
            return f"environment/ has no {source}"
        recipe.files.update({posixpath.join(place, path): text for path, text in below.items()})
    return None


def _run(rest: str, recipe: Recipe) -> str | None:
    """Return why a command line cannot be left out, or None if its effect is in the image already."""
    for command in re.split(r"&&|;", rest):
        words = " ".join(command.split())
        if not words or any(pattern.fullmatch(words) for pattern in NO_EFFECT):
            continue
        if match := re.fullmatch(r"mkdir (?:-p )?(\S+)", words):
            place = posixpath.join(recipe.workdir or "/", match[1])
            if posixpath.normpath(place) in (recipe.workdir, DEFAULT_WORKDIR):
                continue
        missing = _not_installed(words)
        if missing is None:
            return f"`{words}` cannot be run while a box is made, as there is no image build and no network here"
        if missing:
            return f"the box image does not have {', '.join(missing)}, and nothing can be installed in a box"
    return None


def _not_installed(command: str) -> Sequence[str] | None:
    """Return what a command would have to install; None if it is no such command."""
    for pattern, present in ((APT, image_packages()), (PIP, MODULES)):
        if match := pattern.fullmatch(command):
            wanted = [word for word in match[1].split() if not word.startswith("-")]
            return [word for word in wanted if word not in present]
    return None
