"""Reading tasks in Harbor's layout: one task's folder, or a folder of such folders."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from agentgym.environments.linux_config.own.carry import KEPT
from agentgym.environments.linux_config.own.dockerfile import Plan, read_plan
from agentgym.environments.linux_config.own.task import FAMILY, ROOT, Box, Grading, StoredFile
from agentgym.errors import UsageError
from agentgym.harbor.dockerfile import DEFAULT_WORKDIR
from agentgym.harbor.faults import Fault
from agentgym.harbor.folder import File, read_files
from agentgym.harbor.layout import is_harbor, layout_faults, read_needed, read_settings
from agentgym.harbor.settings import Settings
from agentgym.sandbox import ImageSource
from agentgym.task import Split, Task

MAX_TASKS = 10_000
MAX_TREE_BYTES = 8 << 20
TREES = ("environment", "tests", "solution")
ARTIFACTS = "/logs/artifacts"
NO_ARTIFACTS = ("/tests", "/logs", "/solution", "/proc", "/sys", "/dev")
LEVELS = {"easy": 1, "medium": 2, "hard": 3}
UNTRUSTED = "the reward is the word of the task's own test.sh, which nobody checks (trusted=false)"
LEFT = (
    "graded in what the policy left, as no artefacts are declared: what it left outside of the system's programs and "
    "libraries may be started there; `artifacts` in task.toml is safer"
)


def read_tasks(path: Path, short_name: str) -> Sequence[Task]:
    """Return the tasks at a path, in order of name.

    Raises:
        UsageError: lists every fault of every task.
    """
    if not path.is_dir():
        raise UsageError(f"{path}: there is no such folder; a task's folder, or a folder of them, is needed")
    folders = folders_at(path)
    faults: list[str] = []
    tasks: list[Task] = []
    for folder in folders[:MAX_TASKS]:
        found: list[Fault] = []
        task = read_task(folder, short_name, found)
        faults += [fault.at(str(folder)) for fault in found]
        tasks += [task.model_copy(update={"index": len(tasks)})] if task else []
    if not folders:
        faults.append(f"{path}: there is no task here: a folder with instruction.md and tests/test.sh is needed")
    if len(folders) > MAX_TASKS:
        faults.append(f"{path}: more than {MAX_TASKS:,} tasks")
    if faults:
        raise UsageError(*faults)
    return tasks


def folders_at(path: Path) -> list[Path]:
    """Return a task's folder, or the folders in a folder."""
    if is_harbor(path):
        return [path]
    if not path.is_dir():
        return []
    return [folder for folder in sorted(path.iterdir()) if folder.is_dir() and not folder.name.startswith(".")]


def read_task(folder: Path, short_name: str, faults: list[Fault]) -> Task | None:
    """Return the task in a folder, or None where something is wrong with it."""
    settings = read_settings(folder, faults)
    prompt = read_needed(folder, "instruction.md", faults)
    trees = {name: _tree(folder, name, faults) for name in TREES}
    faults += layout_faults(folder, {name: tuple(tree) for name, tree in trees.items()})
    faults += _artifact_faults(settings)
    box = _box(settings, trees["environment"], faults)
    if faults:
        return None
    name = folder.resolve().name
    return Task(
        id=f"{short_name}/{FAMILY}/{name}",
        split=Split.EVAL,
        index=0,
        family=FAMILY,
        level=LEVELS.get(str(settings.metadata.get("difficulty", "")).lower(), 1),
        prompt=prompt,
        setup={FAMILY: box.model_dump(mode="json")},
        secret={FAMILY: _grading(settings, trees, box).model_dump(mode="json")},
    )


def image_source(box: Box) -> ImageSource | None:
    """Return what a task's image is built from, or None if it needs none of its own."""
    if not box.build:
        return None
    files = {path: (stored.file().data, 0o755 if stored.executable else 0o644) for path, stored in box.context.items()}
    digest = hashlib.sha256()
    for path, (data, mode) in sorted(files.items()):
        digest.update(f"{path}\0{mode}\0{len(data)}\0".encode() + data)
    return ImageSource(f"task-{digest.hexdigest()[:16]}", files, box.build, box.build_timeout_s)


def _tree(folder: Path, name: str, faults: list[Fault]) -> dict[str, File]:
    if not (folder / name).is_dir():
        return {}
    return read_files(folder / name, name, faults, max_bytes=MAX_TREE_BYTES)


def _artifact_faults(settings: Settings) -> Iterator[Fault]:
    for number, artifact in enumerate(settings.artifacts):
        path = artifact if isinstance(artifact, str) else artifact.source
        moved = not isinstance(artifact, str) and bool(artifact.exclude or artifact.destination not in (None, path))
        plain = path.startswith("/") and posixpath.normpath(path) == path and path != "/"
        if not plain or moved or (_within(path, NO_ARTIFACTS) and not _within(path, (ARTIFACTS,))):
            why = "an absolute path is needed that stays where it is, outside of /tests, /logs/verifier and /solution"
            yield Fault(f"task.toml: artifacts.{number}", why)
        elif _within(path, KEPT):
            why = "the system's programs and libraries judge: they are the grading box's own, and are not carried"
            yield Fault(f"task.toml: artifacts.{number}", why)


def _within(path: str, tops: Sequence[str]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in tops)


def _box(settings: Settings, files: Mapping[str, File], faults: list[Fault]) -> Box:
    context, text = dict(files), ""
    if "Dockerfile" in files:
        try:
            text = files["Dockerfile"].data.decode("utf-8")
        except UnicodeDecodeError:
            faults.append(Fault("environment/Dockerfile", "it is no UTF-8 text"))
    else:
        text = f"FROM {settings.environment.docker_image or 'debian'}\nWORKDIR {DEFAULT_WORKDIR}\n"
        text += "COPY . .\n" if files and not settings.environment.docker_image else ""
        context["Dockerfile"] = File(text.encode(), executable=False)
    plan = read_plan(text, files.keys())
    faults += [Fault(f"environment/Dockerfile:{line}", why) for line, why in plan.faults]
    workdir = settings.environment.workdir or plan.workdir or DEFAULT_WORKDIR
    if not workdir.startswith("/"):
        faults.append(Fault("task.toml: environment.workdir", "an absolute path is needed"))
    if plan.user != ROOT:
        why = f"it ends as USER {plan.user}, and tickets of linux-config are worked on by root: end it with USER root"
        faults.append(Fault("environment/Dockerfile", why))
    env = plan.env | settings.environment.env
    for where, variables in (("environment", env), ("verifier", settings.verifier.env)):
        faults += _variable_faults(where, variables)
    return Box(
        context={path: StoredFile.of(file) for path, file in context.items()},
        steps=() if plan.reasons else tuple(plan.steps),
        workdir=workdir,
        env=env,
        build=_why_build(plan),
        build_timeout_s=settings.environment.build_timeout_sec,
    )


def _variable_faults(where: str, variables: Mapping[str, str]) -> Iterator[Fault]:
    for name, value in variables.items():
        if value.startswith("${"):
            why = f"{value} is a variable of the host's, and boxes get none of them: write its value"
            yield Fault(f"task.toml: {where}.env.{name}", why)


def _why_build(plan: Plan) -> str:
    """Return why an image has to be built, every reason with its line; empty if none has to."""
    return "; ".join(f"environment/Dockerfile:{line}: {why}" for line, why in plan.reasons)


def _grading(settings: Settings, trees: Mapping[str, Mapping[str, File]], box: Box) -> Grading:
    named = [artifact if isinstance(artifact, str) else artifact.source for artifact in settings.artifacts]
    mode = settings.verifier.environment_mode or ("separate" if named else "shared")
    separate = mode == "separate"
    cautions = [UNTRUSTED] + ([] if separate else [LEFT])
    if box.build:
        cautions.append(f"its image is built by a Docker engine, and needs one: {box.build}")
    if settings.environment.allow_internet:
        cautions.append("it allows the internet, and boxes have no network")
    if "Dockerfile" in trees["tests"]:
        cautions.append("tests/Dockerfile is not built: test.sh runs in a box like the policy's")
    return Grading(
        artifacts=(*dict.fromkeys([*named, ARTIFACTS]),) if separate else None,
        timeout_s=settings.verifier.timeout_sec,
        env=settings.verifier.env,
        tests={path: StoredFile.of(file) for path, file in trees["tests"].items()},
        solution={path: StoredFile.of(file) for path, file in trees["solution"].items()},
        solution_env=settings.solution.env,
        cautions=tuple(cautions),
    )
