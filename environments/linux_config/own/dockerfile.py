"""What a Dockerfile comes to in a box of our image: steps to carry out, or why an image has to be built for it."""

from __future__ import annotations

import fnmatch
import json
import posixpath
import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from agentgym.environments.linux_config.own.task import ROOT, CopyStep, FolderStep, RunStep, Step
from agentgym.harbor.dockerfile import WITHOUT_EFFECT, Instruction, image_packages, instructions

MAPPED_FROM = re.compile(r"(--platform=\S+ +)?((docker\.io/)?library/|docker\.io/)?debian(:\S+)?( +as +\S+)?", re.I)
OURS_FROM = re.compile(r"agentgym/linux(:\S+)?( +as +\S+)?", re.I)
VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")
INSTALL = re.compile(r"\b(?:apt-get|apt|aptitude)\b(?:\s+-\S+)*\s+install\b([^;&|]*)")
FETCHES = re.compile(
    r"(?:^|[;&|(]|\bsudo|\bthen|\bdo)\s*(curl|wget|(?:pip3?|npm|gem|cargo|go|conda|yarn)\s+(?:install|add|get)|npx|uvx?|"
    r"python3?\s+-m\s+pip|git\s+clone|add-apt-repository)\b"
)
COPY_FLAG = re.compile(r"--(\w+)=(\S+)\s+")
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
USERS = {"0": ROOT, "1000": "agent"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Plan:
    """What a Dockerfile comes to.

    Attributes:
        steps: what is carried out in a box of our image.
        workdir: where commands start; empty if it does not say.
        env: variables of all commands.
        user: who commands run as at the end.
        reasons: why this cannot be done in a box of our image, by line.
        faults: what nobody can do, by line.
    """

    steps: list[Step] = field(default_factory=list)
    workdir: str = ""
    env: dict[str, str] = field(default_factory=dict)
    user: str = ROOT
    reasons: list[tuple[int, str]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    stages: int = 0

    @property
    def variables(self) -> dict[str, str]:
        """What instructions may name."""
        return {"PATH": PATH} | self.arguments | self.env

    def filled(self, text: str) -> str:
        """Return a text with its variables filled in."""
        return VARIABLE.sub(lambda found: self.variables.get(found[1] or found[3], found[2] or ""), text)


def read_plan(text: str, names: Collection[str]) -> Plan:
    """Return what a Dockerfile comes to.

    Args:
        text: the Dockerfile.
        names: the files of its folder, by relative path.
    """
    plan = Plan()
    for instruction in instructions(text):
        try:
            why = _follow(instruction, plan, names)
        except ValueError as error:
            why = str(error)
        if why:
            plan.reasons.append((instruction.line, f"{instruction.name} {instruction.rest[:120]}: {why}"))
        if "<<" in instruction.rest and instruction.name in ("RUN", "COPY", "ADD"):
            break  # the lines of a here-document are no instructions
    if not plan.stages:
        plan.reasons.insert(0, (1, "there is no FROM"))
    return plan


def _follow(instruction: Instruction, plan: Plan, names: Collection[str]) -> str | None:
    """Take one instruction into the plan; return why that cannot be done, if so."""
    line, name, rest = instruction
    if name == "FROM":
        return _from(rest, plan)
    if name in WITHOUT_EFFECT:
        return None
    if name == "WORKDIR":
        plan.workdir = posixpath.normpath(posixpath.join(plan.workdir or "/", _bare(plan.filled(rest))))
        plan.steps.append(FolderStep(line=line, path=plan.workdir))
    elif name == "ENV":
        plan.env |= _assigned(rest, plan)
    elif name == "ARG":
        given, _, default = rest.partition("=")
        plan.arguments[given.strip()] = plan.filled(_bare(default))
    elif name == "USER":
        plan.user = USERS.get(rest.partition(":")[0], rest.partition(":")[0])
        return "only users with a name can be followed" if plan.user.isdigit() else None
    elif name == "SHELL":
        plan.shell = tuple(_words(rest))
    elif name in ("COPY", "ADD"):
        return _copy(instruction, plan, names)
    elif name == "RUN":
        return _run(line, rest, plan)
    else:
        return "there is no way to follow this instruction"
    return None


def _from(rest: str, plan: Plan) -> str | None:
    plan.stages += 1
    if plan.stages > 1:
        plan.workdir, plan.env, plan.user = "", {}, ROOT
        return "a second FROM begins another stage"
    if MAPPED_FROM.fullmatch(rest) or OURS_FROM.fullmatch(rest):
        return None
    return "only debian is mapped onto the box image"


def _bare(text: str) -> str:
    return text.strip().strip("\"'")


def _words(text: str) -> list[str]:
    """Return the words of an instruction, in JSON or as a shell splits them."""
    if text.startswith("["):
        words = json.loads(text)
        if not words or not all(isinstance(word, str) for word in words):
            raise ValueError("a list of strings is needed")
        return list(words)
    return shlex.split(text)


def _assigned(rest: str, plan: Plan) -> dict[str, str]:
    first = rest.split(maxsplit=1)
    if first and "=" not in first[0]:
        return {first[0]: plan.filled(first[1] if len(first) > 1 else "")}
    pairs = [word.partition("=") for word in shlex.split(plan.filled(rest))]
    if any(not middle or not re.fullmatch(r"[A-Za-z_]\w*", name) for name, middle, _ in pairs):
        raise ValueError("write it as ENV NAME=value")
    return {name: value for name, _, value in pairs}


def _copy(instruction: Instruction, plan: Plan, names: Collection[str]) -> str | None:
    flags: dict[str, str] = {}
    rest = instruction.rest
    while match := COPY_FLAG.match(rest):
        flags[match[1]], rest = match[2], rest[match.end() :]
    if unknown := set(flags) - {"chmod", "chown"}:
        return f"--{min(unknown)} takes a build"
    if "<<" in rest or "://" in rest:
        return "a here-document or an address takes a build"
    if not re.fullmatch(r"[0-7]{3,4}", flags.get("chmod", "644")):
        return "--chmod is followed in octal only"
    words = [plan.filled(word) for word in _words(rest)]
    if len(words) < 2:
        return "write it as COPY SOURCE… TARGET"
    files, missing = _targets(words[:-1], words[-1], plan.workdir or "/", names)
    plan.faults += [(instruction.line, f"environment/ has no {source}") for source in missing]
    if instruction.name == "ADD" and any(name.endswith(ARCHIVES) for name in files.values()):
        return "ADD unpacks archives, which takes a build"
    mode, owner = flags.get("chmod", ""), flags.get("chown", "")
    plan.steps.append(CopyStep(line=instruction.line, files=files, mode=mode, owner=owner))
    return None


def _targets(sources: Sequence[str], target: str, cwd: str, names: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Return names by where they go, and the sources that are not there."""
    place = posixpath.normpath(posixpath.join(cwd, target))
    into = target.endswith("/") or target in (".", "..") or len(sources) > 1
    found: dict[str, str] = {}
    missing: list[str] = []
    for source in sources:
        pattern = posixpath.normpath(source.lstrip("/") or ".")
        alike = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
        matched = [name for name in alike if name.count("/") == pattern.count("/")]  # no pattern passes a slash
        into_here = into or len(matched) > 1
        found |= {posixpath.join(place, posixpath.basename(name)) if into_here else place: name for name in matched}
        prefix = "" if pattern == "." else f"{pattern}/"
        below = [] if matched else [name for name in names if name.startswith(prefix)]
        found |= {posixpath.join(place, name.removeprefix(prefix)): name for name in below}
        if not matched and not below:
            missing.append(source)
    return found, missing


def _run(line: int, rest: str, plan: Plan) -> str | None:
    if rest.startswith("--") or "<<" in rest:
        return "its flags, and here-documents, take a build"
    argv = tuple(_words(rest)) if rest.startswith("[") else (*plan.shell, rest)
    text = plan.filled(rest)
    if missing := missing_packages(text):
        return f"the box image does not have {', '.join(missing)}"
    if fetched := FETCHES.search(text):
        return f"`{' '.join(fetched[1].split())}` needs the network, which boxes do not have"
    plan.steps.append(
        RunStep(line=line, argv=argv, cwd=plan.workdir or "/", env=plan.arguments | plan.env, user=plan.user)
    )
    return None


def missing_packages(command: str) -> list[str]:
    """Return the Debian packages that a command line installs and that the box image does not have."""
    words = [word for found in INSTALL.finditer(command) for word in found[1].split()]
    names = [re.split("[=:/]", word)[0] for word in words if not re.match(r"-|\d*[<>]", word)]
    return sorted({name for name in names if name not in image_packages()})
