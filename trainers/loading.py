"""Settings of training runs, from a configuration by name or file, `--set` and flags, with every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from agentgym import plugins
from agentgym.errors import UsageError, unknown
from agentgym.models import GENERIC, not_known, profile_for, profiles
from agentgym.rollout.config import backend_faults, environment_faults
from agentgym.rollout.options import ELSEWHERE, validated
from agentgym.settings import Layers
from agentgym.trainers.adapters.saved import adapter_faults, saved_lora
from agentgym.trainers.bridge.trl_arguments import Kind, trl_faults
from agentgym.trainers.settings import GrpoSettings, SftSettings

Settings = TypeVar("Settings", GrpoSettings, SftSettings)

IN_PROCESS, VLLM = "in-process", "vllm"
_ELSEWHERE = {**ELSEWHERE, "split": "eval.split; trained on is the train split"}
# A configuration of GRPO also says what a supervised run before it trains on which model; what these mean, it says for
# GRPO alone.
_WAYS = {"environments": "as grpo json-math does, or a configuration (--config)"}
_NOT_SHARED = {"save_every", "trl"}
# What makes rows longer than a configuration says in plan.row_tokens.
_LONGER = ("environments.", "limits.", "policy.max_tokens", "policy.thinking", "demonstrations.max_tokens")


def load_grpo(
    config: str | None, assignments: Sequence[str], flags: Mapping[str, Any], environments: Sequence[str] = ()
) -> GrpoSettings:
    """Return the settings of a GRPO run.

    Args:
        config: the name of a configuration that comes with the package, or a TOML file.
        assignments: `key.path=value` texts, which win over it.
        flags: dotted path to value, which win over both; None stands for one that was not given.
        environments: play these only; a configuration's settings of them count.

    Raises:
        UsageError: lists every unknown key (with the nearest valid one), bad value and unknown name at once.
    """
    layers = _layers("grpo", config, assignments, flags, environments)
    return _with_options(layers.validated(GrpoSettings, *_CHECKS, ways=_WAYS))


def load_sft(
    config: str | None, assignments: Sequence[str], flags: Mapping[str, Any], environments: Sequence[str] = ()
) -> SftSettings:
    """Return the settings of a supervised run; arguments and errors are those of `load_grpo`.

    A configuration of GRPO serves too: what both know is taken from it, without `save_every` and `trl`.
    """
    layers = _layers("sft", config, assignments, flags, environments)
    return _with_options(layers.validated(SftSettings, *_shared_checks("sft")))


def configurations() -> Mapping[str, Traversable]:
    """Return the configurations that come with the package, by name."""
    found = (path for path in files("agentgym.trainers").joinpath("configs").iterdir() if path.name.endswith(".toml"))
    return {path.name.removesuffix(".toml"): path for path in sorted(found, key=lambda path: path.name)}


def _layers(
    kind: Kind,
    config: str | None,
    assignments: Sequence[str],
    flags: Mapping[str, Any],
    environments: Sequence[str],
) -> Layers:
    layers = Layers()
    try:
        layers.read(_file(config))
    except UsageError as error:
        layers.faults += error.faults
        layers.unread = True
    if kind == "sft":
        layers.values = _shared(layers.values)
    if environments:
        layers.values["environments"] = [_table_of(name, layers.values) for name in environments]
    given = _row_tokens_given(layers.values)
    layers.assign(assignments)
    layers.override(flags)
    if environments or any(assignment.startswith(_LONGER) for assignment in assignments):
        _forget_row_tokens(layers.values, given)
    return layers


def _row_tokens_given(values: Mapping[str, Any]) -> Any:
    plan = values.get("plan")
    return plan.get("row_tokens") if isinstance(plan, dict) else None


def _forget_row_tokens(values: dict[str, Any], given: Any) -> None:
    """Drop what a configuration says of its longest rows, which are others now, unless it was said anew."""
    if given is not None and _row_tokens_given(values) == given:
        values["plan"] = {key: value for key, value in values["plan"].items() if key != "row_tokens"}


def _file(config: str | None) -> Path | Traversable | None:
    if config is None:
        return None
    if "/" in config or config.endswith(".toml") or Path(config).is_file():
        return Path(config)
    if config not in configurations():
        raise UsageError(f"--config: {unknown('configuration', config, configurations())} Or name a TOML file.")
    return configurations()[config]


def _shared(values: dict[str, Any]) -> dict[str, Any]:
    own = SftSettings.model_fields.keys() - GrpoSettings.model_fields.keys()
    of_grpo = GrpoSettings.model_fields.keys() - SftSettings.model_fields.keys()
    if own & values.keys() or not of_grpo & values.keys():
        return values
    return {key: value for key, value in values.items() if key not in of_grpo | _NOT_SHARED}


def _table_of(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a configuration says of an environment, or only its name."""
    tables = values.get("environments", ())
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, dict) and isinstance(table.get("name"), str) and _id(table["name"]) == _id(name):
            return table
    return {"name": name}


def _id(name: str) -> str:
    return plugins.environments().get(name, name)


def _with_options(settings: Settings) -> Settings:
    """Return settings whose environments have their options as their constructors take them, and a saved adapter's own.

    What an adapter that is gone on from was made with is what is trained.
    """
    environments = tuple(
        one.model_copy(update={"options": validated("", plugins.find_environment(one.name), one.options)})
        for one in settings.environments
    )
    saved = saved_lora(settings.model.adapter) if settings.model.adapter is not None else {}
    lora = settings.lora.model_copy(update=saved)
    return settings.model_copy(update={"environments": environments, "lora": lora})


def _shared_checks(kind: Kind) -> tuple[Any, ...]:
    return (_model_faults, adapter_faults, _mixture_faults, backend_faults, partial(trl_faults, kind))


def _model_faults(values: Mapping[str, Any]) -> Iterator[str]:
    model = values.get("model", {})
    if not isinstance(model, dict):
        return
    name, family = model.get("name"), model.get("family")
    if isinstance(family, str) and family not in profiles():
        yield f"model.family: {unknown('model family', family, profiles())}"
    if not isinstance(name, str) or family is not None or Path(name).is_dir():
        return
    if profile_for(name) is GENERIC:
        yield f"model.name: {not_known(name)} Or name a folder of weights, or set model.family."


def _mixture_faults(values: Mapping[str, Any]) -> Iterator[str]:
    tables = values.get("environments", ())
    if not isinstance(tables, list | tuple):
        return
    named = [
        (number, table) for number, table in enumerate(tables) if isinstance(table, dict) and _text(table.get("name"))
    ]
    seen: set[str] = set()
    for number, table in named:
        name = table["name"]
        yield from (f"environments.{number}.name: {fault}" for fault in environment_faults([name]))
        if _id(name) in seen:
            yield f"environments.{number}.name: {name} stands there twice; give one table its families and levels"
        seen.add(_id(name))
        yield from _option_faults(number, name, table.get("options", {}))


def _option_faults(number: int, name: str, options: Any) -> Sequence[str]:
    if not isinstance(options, dict) or list(environment_faults([name])):
        return ()
    try:
        validated(f"environments.{number}.options", plugins.find_environment(name), options, elsewhere=_ELSEWHERE)
    except UsageError as error:
        return error.faults
    return ()


def _policy_faults(values: Mapping[str, Any]) -> Iterator[str]:
    policy, groups = values.get("policy", {}), values.get("groups", {})
    if not isinstance(policy, dict) or not isinstance(groups, dict):
        return
    spec = policy.get("spec", IN_PROCESS)
    if not isinstance(spec, str):
        return
    kind, _, model = spec.partition(":")
    if spec == IN_PROCESS:
        if policy.get("base_url") is not None:
            yield f"policy.base_url: {IN_PROCESS} asks no server; set policy.spec to vllm:MODEL, or leave it out"
        if groups.get("overlap") is True:
            yield f"groups.overlap: {IN_PROCESS} samples and trains with one model, in turns; use a server (vllm:MODEL)"
    elif kind != VLLM:
        yield f"policy.spec: {spec!r} takes no new adapters while it runs; it is {IN_PROCESS} or vllm:MODEL"
    elif not model:
        yield f"policy.spec: name the model that the server has, as {VLLM}:Qwen/Qwen3.5-4B"
    else:
        yield from plugins.argument_faults(spec)


def _text(value: Any) -> bool:
    return isinstance(value, str)


_CHECKS = (*_shared_checks("grpo"), _policy_faults)
