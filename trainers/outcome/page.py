"""The page of a training run: its curves as pictures, and what it came to, in one HTML file without a network."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agentgym.pages.template import markup, render
from agentgym.plugins import short_name
from agentgym.rollout.store import write_atomically
from agentgym.trainers.outcome import comparison
from agentgym.trainers.outcome.charts import charts
from agentgym.trainers.outcome.comparison import Comparison
from agentgym.trainers.record.history import History, not_finite, read_history
from agentgym.trainers.settings import GrpoSettings, RailSettings

if TYPE_CHECKING:
    from agentgym.trainers.outcome.curves import Picture

REPORT, CURVES, CONFIG, SUMMARY = "report.html", "curves", "config.json", "summary.json"
TEMPLATE = "page.html.jinja"
EMBEDDED = "SmolLM2-135M-Instruct"
LINKED = ("adapter", "checkpoints", "eval", "episodes", CURVES, "tensorboard", CONFIG, "steps.jsonl", SUMMARY)
WASTED = (
    ("lost", 0.05, "episodes were lost to infrastructure"),
    ("dead_groups", 0.5, "groups taught nothing, because all their rewards were alike"),
    ("truncated", 0.25, "episodes were cut off at a limit"),
)
GAMED = (("cheats", "cheats were found"), ("canaries_passed", "tasks without a solution were passed"))
DRAWS = "the curves are not drawn, for that takes matplotlib: pip install 'agentgym-rl[train]'"


class Outcome(BaseModel):
    """What the page reads of `summary.json`; what else stands there is not for it.

    Attributes:
        model: what was trained.
        updates: how many.
        trainable: weights of the adapter.
        modules: lines that tell on which modules it sits.
        machine: what it ran on, by what is told.
        versions: of packages, by name; see `machine.versions`.
        seconds: wall time.
        stopped: why it ended before its last update, if it did.
        warnings: sentences.
        evaluation: as `comparison.as_json` returns it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str | None = None
    updates: int | None = None
    trainable: int | None = None
    modules: tuple[str, ...] = ()
    machine: dict[str, str | int | float] = {}
    versions: dict[str, str] = {}
    seconds: float | None = None
    stopped: str | None = None
    warnings: tuple[str, ...] = ()
    evaluation: dict[str, Any] | None = None


@dataclass(frozen=True)
class Found:
    """What there is of a run.

    Attributes:
        settings: as `config.json` has them; empty if it cannot be read.
        outcome: of the summary.
        compared: before and after, if both were played.
        history: of the updates.
        faults: what is missing or damaged, a sentence each.
    """

    settings: Mapping[str, Any]
    outcome: Outcome
    compared: Comparison | None
    history: History
    faults: Sequence[str]


def write_page(folder: Path) -> Path:
    """Draw the curves of a run folder (PNG and SVG in `curves/`) and write its `report.html`; returns that.

    Reads `config.json`, `steps.jsonl` (one JSON object an update, as the trainer logs it) and `summary.json`; what is
    missing, as in a run that was broken off, is said on the page.

    Raises:
        OSError: the page cannot be written.
    """
    found = _look(folder)
    pictures, undrawn = _pictures(found, folder / CURVES)
    html = render(
        TEMPLATE,
        folder=Path(__file__).parent,
        kind="training run",
        name=folder.resolve().name,
        found=found,
        warnings=[*found.faults, *undrawn, *_warnings(found)],
        verdict=_verdict(found),
        columns=comparison.COLUMNS,
        rows=comparison.rows(found.compared) if found.compared else [],
        notes=comparison.notes(found.compared) if found.compared else [],
        facts=list(_facts(found)),
        settings=_settings(found),
        commands=list(_commands(found, folder)),
        pictures=[(picture, markup(picture.svg)) for picture in pictures],
        window=found.history.window,
        files=[name for name in LINKED if (folder / name).exists()],
        curves=CURVES,
    )
    write_atomically(folder / REPORT, html)
    return folder / REPORT


def _look(folder: Path) -> Found:
    faults: list[str] = []
    settings = _json(folder / CONFIG, faults)
    told = _json(folder / SUMMARY, faults, missing="the run has not come to its end, or was broken off")
    outcome, compared = Outcome(), None
    try:
        outcome = Outcome.model_validate(told)
        if outcome.evaluation:
            compared = comparison.from_json(outcome.evaluation)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        faults.append(f"{SUMMARY} is not as this version writes it: {where}: {error.errors()[0]['msg']}")
    history = read_history(folder)
    return Found(settings, outcome, compared, history, [*faults, *history.faults])


def _json(path: Path, faults: list[str], *, missing: str = "it is written when a run begins") -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(f"there is no {path.name}: {missing}")
    except (OSError, ValueError, RecursionError) as error:
        faults.append(f"{path.name} cannot be read: {error}")
    else:
        if isinstance(found, dict):
            return found
        faults.append(f"{path.name} cannot be read: it holds no JSON object")
    return {}


def _pictures(found: Found, folder: Path) -> tuple[list[Picture], list[str]]:
    """Draw what was logged; returns the pictures, and why there are none."""
    try:
        from agentgym.trainers.outcome.curves import draw
    except ImportError:
        return [], [DRAWS]
    wanted = charts(found.history.names, _rails(found.settings))
    drawn = [picture for chart in wanted if (picture := draw(chart, found.history, folder)) is not None]
    return drawn, []


def _rails(settings: Mapping[str, Any]) -> RailSettings:
    try:
        return RailSettings.model_validate(settings.get("rails", {}))
    except ValidationError:
        return RailSettings()


def _warnings(found: Found) -> Iterator[str]:
    if found.outcome.stopped:
        yield f"the run was stopped: {found.outcome.stopped}"
    yield from found.outcome.warnings
    yield from not_finite(found.history)
    planned, last = found.settings.get("steps"), max(found.history.rows, default=0)
    if isinstance(planned, int) and 0 < last < planned:
        yield f"{last} of {planned} updates were made"
    if "eval" in found.settings and not found.compared:
        yield "base and trained policy were not compared: one or both did not play the frozen tasks"
    yield from _waste(found.history)


def _waste(history: History) -> Iterator[str]:
    for name, much, what in WASTED:
        values = history.series(f"agentgym/{name}").values
        if values and (mean := fmean(values)) >= much:
            yield f"{mean:.0%} of all {what}"
    for name, what in GAMED:
        if any(history.series(f"agentgym/{name}").values):
            yield f"{what}: read the episodes before you trust the reward"


def _verdict(found: Found) -> str:
    return found.compared.verdict if found.compared else "not evaluated"


def _facts(found: Found) -> Iterator[tuple[str, str]]:
    outcome, settings = found.outcome, found.settings
    model = settings.get("model")
    name = outcome.model or (model.get("name") if isinstance(model, dict) else None)
    yield "model", str(name or "not known")
    if outcome.trainable:
        yield "weights trained", f"{outcome.trainable:,}"
    made, planned = max(found.history.rows, default=0), settings.get("steps")
    yield "updates", f"{made} of {planned}" if planned else str(made)
    if outcome.seconds is not None:
        yield "wall time", f"{outcome.seconds / 60:,.0f} min"
    yield from ((key, str(value)) for key, value in outcome.machine.items())
    yield from outcome.versions.items()


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield settings as dotted paths and what they are set to; what is empty is left out."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{number}]")
    elif value is not None and value != []:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _settings(found: Found) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the settings that are as this run's user wished them, and those that are as always."""
    usual = set(_flat(GrpoSettings.model_construct(environments=()).model_dump(mode="json", warnings=False)))
    usual |= {(f"environments[{i}].weight", "1.0") for i in range(len(found.settings.get("environments") or ()))}
    every = list(_flat(found.settings))
    return [pair for pair in every if pair not in usual], [pair for pair in every if pair in usual]


def _commands(found: Found, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what can be done with the adapter, and the command."""
    adapter = folder / "adapter"
    if not adapter.is_dir():
        return
    facts = dict(_facts(found))
    model, path = facts["model"], shlex.quote(str(adapter))
    environments = [e.get("name") for e in found.settings.get("environments", ()) if isinstance(e, dict)]
    played = " ".join(shlex.quote(short_name(str(name))) for name in environments) or "ENVIRONMENT"
    played += "".join(f" --set {shlex.quote(told)}" for told in _options(found.settings))
    if model == EMBEDDED:
        spec = shlex.quote(f"smollm2:adapter={adapter}")
        yield "play with it on this machine", f"python -m agentgym.rollout {played} --policy {spec}"
    served = shlex.quote(f"trained={adapter}")
    yield "serve it with vLLM", f"agentgym serve {shlex.quote(model)} --lora {served}"
    yield "play with it on that server", f"python -m agentgym.rollout {played} --policy vllm:trained"
    yield (
        "train it further, under the configuration that it had or another",
        f"python -m agentgym.trainers.grpo --config NAME --set model.adapter={path}",
    )


def _options(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options that its environments had, as a rollout is told them."""
    for environment in settings.get("environments") or ():
        if isinstance(environment, dict) and isinstance(options := environment.get("options"), dict):
            name = short_name(str(environment.get("name")))
            yield from (f"options.{name}.{key}={_told(value)}" for key, value in options.items())


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
