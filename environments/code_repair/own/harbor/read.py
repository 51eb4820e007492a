"""Reading a Harbor task's folder: `task.toml`, `instruction.md`, `environment/`, `tests/` and `solution/`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path

from agentgym.environments.code_repair.own.harbor.dockerfile import Recipe, read_dockerfile
from agentgym.environments.code_repair.own.harbor.task import FAMILY, HarborTask
from agentgym.harbor.dockerfile import DEFAULT_WORKDIR
from agentgym.harbor.faults import Fault
from agentgym.harbor.folder import read_tree
from agentgym.harbor.layout import layout_faults, read_needed, read_settings
from agentgym.harbor.settings import Settings
from agentgym.sandbox import SYSTEM_FOLDERS
from agentgym.task import Split, Task

# Where the verifier's own files are: nothing of the agent's may be put there.
VERIFIERS_OWN = ("tests", "logs", "solution", "srv", "run", "root")


def read_harbor(folder: Path, short_name: str, faults: list[Fault]) -> Task | None:
    """Return the task in a folder, or None where something is wrong with it."""
    settings = read_settings(folder, faults)
    prompt = read_needed(folder, "instruction.md", faults)
    trees = {name: _tree(folder, name, faults) for name in ("environment", "tests", "solution")}
    recipe = _recipe(settings, trees["environment"], faults)
    faults += layout_faults(folder, {name: tuple(tree) for name, tree in trees.items()})
    faults += settings_faults(settings)
    files = _files(recipe, faults)
    if faults:
        return None
    task = _task(folder.resolve().name, settings, recipe, trees)
    return Task(
        id=f"{short_name}/own/{task.id}",
        split=Split.EVAL,
        index=0,
        family=FAMILY,
        level=1,
        prompt=prompt,
        files=files,
        setup={"workdir": task.workdir},
        secret={FAMILY: task.model_dump(mode="json")},
    )


def _tree(folder: Path, name: str, faults: list[Fault]) -> dict[str, str]:
    return read_tree(folder / name, name, faults) if (folder / name).is_dir() else {}


def _recipe(settings: Settings, context: dict[str, str], faults: list[Fault]) -> Recipe:
    if "Dockerfile" in context:
        recipe = read_dockerfile(context["Dockerfile"], context)
        faults += [Fault(f"environment/Dockerfile:{line}", why) for line, why in recipe.faults]
    else:
        workdir = settings.environment.workdir or DEFAULT_WORKDIR
        recipe = Recipe(workdir, {posixpath.join(workdir, path): text for path, text in context.items()})
    recipe.workdir = settings.environment.workdir or recipe.workdir
    if not _usable(recipe.workdir):
        faults.append(Fault("environment", f"the workdir {recipe.workdir} is the system's or the verifier's: use /app"))
    return recipe


def _files(recipe: Recipe, faults: list[Fault]) -> dict[str, str]:
    """Return the copied files by path relative to the workdir, in which all of them have to be."""
    outside = [path for path in recipe.files if not path.startswith(f"{recipe.workdir}/")]
    faults += [
        Fault("environment/Dockerfile", f"{path} is copied outside the workdir {recipe.workdir}") for path in outside
    ]
    return {posixpath.relpath(path, recipe.workdir): text for path, text in recipe.files.items() if path not in outside}


def _usable(path: str) -> bool:
    first = path.split("/")[1] if path.startswith("/") else ""
    return posixpath.normpath(path) == path and first not in SYSTEM_FOLDERS and first not in VERIFIERS_OWN


def settings_faults(settings: Settings) -> Iterator[Fault]:
    """Yield what `task.toml` asks for that cannot be had here."""
    cannot = {
        "environment.docker_image": ("no registry is asked for images", settings.environment.docker_image),
        "environment.env": ("a box's environment variables are fixed", settings.environment.env),
    }
    for key, (why, value) in cannot.items():
        if value:
            yield Fault(f"task.toml: {key}", f"{why}: leave it out")
    for number, artifact in enumerate(settings.artifacts):
        path = artifact if isinstance(artifact, str) else artifact.source
        moved = not isinstance(artifact, str) and bool(artifact.exclude or artifact.destination not in (None, path))
        if not _usable(path) or moved:
            yield Fault(f"task.toml: artifacts.{number}", "an absolute path is needed that stays where it is, outside "
                        "the system's folders, /tests, /logs and /solution")  # fmt: skip


def _task(name: str, settings: Settings, recipe: Recipe, trees: dict[str, dict[str, str]]) -> HarborTask:
    named = [artifact if isinstance(artifact, str) else artifact.source for artifact in settings.artifacts]
    return HarborTask(
        id=name,
        workdir=recipe.workdir,
        shared=settings.verifier.environment_mode == "shared",
        artifacts=tuple(named) or (recipe.workdir,),
        timeout_s=settings.verifier.timeout_sec,
        env=settings.verifier.env,
        tests=trees["tests"],
        solution=trees["solution"],
        solution_env=settings.solution.env,
    )
