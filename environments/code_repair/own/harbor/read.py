"""Reading a Harbor task's folder: `task.toml`, `instruction.md`, `environment/`, `tests/` and `solution/`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from agentgym.environments.code_repair.own.faults import Fault, model_faults
from agentgym.environments.code_repair.own.folder import parse, read_text, read_tree
from agentgym.environments.code_repair.own.harbor.dockerfile import DEFAULT_WORKDIR, Recipe, read_dockerfile
from agentgym.environments.code_repair.own.harbor.settings import MOST_SECONDS, Settings
from agentgym.environments.code_repair.own.harbor.task import FAMILY, HarborTask
from agentgym.sandbox import SYSTEM_FOLDERS
from agentgym.task import Split, Task

COMPOSE = ("docker-compose.yaml", "docker-compose.yml")
# Where the verifier's own files are: nothing of the agent's may be put there.
VERIFIERS_OWN = ("tests", "logs", "solution", "srv", "run", "root")


def is_harbor(folder: Path) -> bool:
    """Tell whether a folder is a task in Harbor's layout."""
    return (folder / "instruction.md").is_file() or (folder / "tests" / "test.sh").is_file()


def read_harbor(folder: Path, short_name: str, faults: list[Fault]) -> Task | None:
    """Return the task in a folder, or None where something is wrong with it."""
    settings = _settings(folder, faults)
    prompt = _needed(folder, "instruction.md", faults)
    trees = {name: _tree(folder, name, faults) for name in ("environment", "tests", "solution")}
    recipe = _recipe(settings, trees["environment"], faults)
    for tree, script in (("tests", "test.sh"), ("solution", "solve.sh")):
        if script not in trees[tree]:
            faults.append(Fault(f"{tree}/{script}", "it is missing" + _why_solution(tree)))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", folder.resolve().name):
        faults.append(Fault("", "a task's folder is named by up to 80 letters, digits, dots, dashes and underscores"))
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


def _settings(folder: Path, faults: list[Fault]) -> Settings:
    text = _needed(folder, "task.toml", faults)
    try:
        return Settings.model_validate(parse("task.toml", text))
    except ValidationError as error:
        faults += [Fault(f"task.toml: {key}", why) for key, why in model_faults(Settings, error)]
    except ValueError as error:
        faults.append(Fault("task.toml", str(error)))
    return Settings()


def _needed(folder: Path, name: str, faults: list[Fault]) -> str:
    if not (folder / name).exists():
        faults.append(Fault(name, "it is missing"))
        return ""
    return read_text(folder / name, name, faults) or ""


def _tree(folder: Path, name: str, faults: list[Fault]) -> dict[str, str]:
    return read_tree(folder / name, name, faults) if (folder / name).is_dir() else {}


def _why_solution(tree: str) -> str:
    return ": without a solution nothing shows that the task can be solved" if tree == "solution" else ""


def _recipe(settings: Settings, context: dict[str, str], faults: list[Fault]) -> Recipe:
    for name in COMPOSE:
        if name in context:
            faults.append(Fault(f"environment/{name}", "a task has one box, not several containers"))
    if ".dockerignore" in context:
        faults.append(Fault("environment/.dockerignore", "it is not read here: remove it, and what it names"))
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
        "steps": ("tasks of several steps cannot be played", settings.steps),
        "verifier.environment": (
            "there is one box image",
            settings.verifier.environment,
        ),
        "verifier.collect": ("nothing is run before the artefacts are taken", settings.verifier.collect),
        "environment.mcp_servers": ("boxes have no network, so no servers", settings.environment.mcp_servers),
        "environment.gpus": ("boxes have no GPU", settings.environment.gpus),
        "environment.docker_image": ("no registry is asked for images", settings.environment.docker_image),
        "environment.env": ("a box's environment variables are fixed", settings.environment.env),
    }
    for key, (why, value) in cannot.items():
        if value:
            yield Fault(f"task.toml: {key}", f"{why}: leave it out")
    for key, user in (("verifier", settings.verifier.user), ("agent", settings.agent.user)):
        if user not in (None, "root", 0):
            yield Fault(f"task.toml: {key}.user", f"boxes of Harbor tasks belong to root, not to {user}")
    if settings.verifier.timeout_sec > MOST_SECONDS:
        yield Fault("task.toml: verifier.timeout_sec", f"a verifier has {MOST_SECONDS:g} s at most")
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
