"""Reading what every Harbor task has: `task.toml`, `instruction.md`, `environment/`, `tests/` and `solution/`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import ValidationError

from agentgym.harbor.faults import Fault, model_faults
from agentgym.harbor.folder import parse, read_text
from agentgym.harbor.settings import MOST_SECONDS, Settings

COMPOSE = ("docker-compose.yaml", "docker-compose.yml", "compose.yaml", "compose.yml")
SCRIPTS = {"tests": "test.sh", "solution": "solve.sh"}


def is_harbor(folder: Path) -> bool:
    """Tell whether a folder is a task in Harbor's layout."""
    return (folder / "instruction.md").is_file() or (folder / "tests" / "test.sh").is_file()


def read_settings(folder: Path, faults: list[Fault]) -> Settings:
    """Return what `task.toml` says; what no environment of ours can do is a fault."""
    text = read_needed(folder, "task.toml", faults, may_be_empty=True)
    try:
        settings = Settings.model_validate(parse("task.toml", text))
    except ValidationError as error:
        faults += [Fault(f"task.toml: {key}", why) for key, why in model_faults(Settings, error)]
    except ValueError as error:
        faults.append(Fault("task.toml", str(error)))
    else:
        faults += _settings_faults(settings)
        return settings
    return Settings()


def read_needed(folder: Path, name: str, faults: list[Fault], *, may_be_empty: bool = False) -> str:
    """Return the text of a file that no task can do without."""
    if not (folder / name).exists():
        faults.append(Fault(name, "it is missing"))
        return ""
    text = read_text(folder / name, name, faults)
    if text is not None and not text.strip() and not may_be_empty:
        faults.append(Fault(name, "it is empty"))
    return text or ""


def layout_faults(folder: Path, trees: dict[str, Collection[str]]) -> Iterator[Fault]:
    """Yield what is wrong with a task's name and its three folders, whose files' paths are given by folder."""
    for tree, script in SCRIPTS.items():
        if script not in trees[tree]:
            why = ": without a solution nothing shows that the task can be solved" if tree == "solution" else ""
            yield Fault(f"{tree}/{script}", "it is missing" + why)
    for name in COMPOSE:
        if name in trees["environment"]:
            yield Fault(f"environment/{name}", "a task has one box, not several containers")
    if ".dockerignore" in trees["environment"]:
        yield Fault("environment/.dockerignore", "it is not read here: remove it, and what it names")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", folder.resolve().name):
        yield Fault("", "a task's folder is named by up to 80 letters, digits, dots, dashes and underscores")


def _settings_faults(settings: Settings) -> Iterator[Fault]:
    cannot = {
        "steps": ("tasks of several steps cannot be played", settings.steps),
        "verifier.environment": ("there is one box image", settings.verifier.environment),
        "verifier.collect": ("nothing is run before the artefacts are taken", settings.verifier.collect),
        "environment.mcp_servers": ("boxes have no network, so no servers", settings.environment.mcp_servers),
        "environment.gpus": ("boxes have no GPU", settings.environment.gpus),
    }
    for key, (why, value) in cannot.items():
        if value:
            yield Fault(f"task.toml: {key}", f"{why}: leave it out")
    for key, user in (("verifier", settings.verifier.user), ("agent", settings.agent.user)):
        if user not in (None, "root", 0):
            yield Fault(f"task.toml: {key}.user", f"boxes of Harbor tasks belong to root, not to {user}")
    if settings.verifier.timeout_sec > MOST_SECONDS:
        yield Fault("task.toml: verifier.timeout_sec", f"a verifier has {MOST_SECONDS:g} s at most")
