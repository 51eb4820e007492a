"""Options of environments, as a rollout sets them: what an environment's constructor takes beyond what all do."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from agentgym import plugins
from agentgym.env import AgentEnv
from agentgym.errors import UsageError, did_you_mean

SECTION = "options"
# What every environment takes, and where a rollout sets it.
ELSEWHERE: Mapping[str, str] = {
    "sandbox": "sandbox.backend",
    "sandbox_overrides": "the keys of sandbox",
    "max_turns": "limits.max_turns",
    "split": "split",
}


class Resolved(NamedTuple):
    """Options that were asked for, and what is wrong with them.

    Attributes:
        by_id: the options of each environment by its Gymnasium id, without those that are as they would be anyway.
        faults: everything that is wrong, one sentence each.
    """

    by_id: Mapping[str, Mapping[str, Any]]
    faults: list[str]


def resolve(asked: Mapping[str, Any], played: Collection[str]) -> Resolved:
    """Return validated options.

    Args:
        asked: options by environment, by short name or id.
        played: the ids of the environments that the rollout plays.
    """
    by_id: dict[str, Mapping[str, Any]] = {}
    faults: list[str] = []
    for name, values in asked.items():
        if not isinstance(values, Mapping):
            faults.append(f"{SECTION}.{name}: this is a section; set its keys, as {SECTION}.{name}.NAME=VALUE")
            continue
        try:
            env_id = _played(name, played)
            if env_id in by_id:
                raise UsageError(f"{SECTION}.{name}: this environment's options stand there twice, by name and by id")
            by_id[env_id] = validated(f"{SECTION}.{name}", env_id, values)
        except UsageError as error:
            faults += error.faults
    return Resolved({env_id: values for env_id, values in by_id.items() if values}, faults)


def _played(name: str, played: Collection[str]) -> str:
    """Return an environment's id; options that nobody would ever see are refused, as a misspelt name is."""
    try:
        env_id = plugins.find_environment(name)
    except UsageError as error:
        raise UsageError(*(f"{SECTION}.{name}: {fault}" for fault in error.faults)) from None
    if env_id not in played:
        names = ", ".join(map(plugins.short_name, played))
        raise UsageError(f"{SECTION}.{name}: this run does not play it, but {names or 'nothing'}: leave it out")
    return env_id


def validated(
    place: str, env_id: str, values: Mapping[str, Any], *, elsewhere: Mapping[str, str] = ELSEWHERE
) -> dict[str, Any]:
    """Return the options of one environment, without those that are as they would be anyway.

    Args:
        place: the dotted key of the section in which they stand.
        env_id: the environment.
        values: as they were given.
        elsewhere: where what every environment takes is set.

    Raises:
        UsageError: lists every option that is unknown or has a wrong value.
    """
    model = model_of(plugins.environment_class(env_id))
    try:
        # Strictly, so that `yes` and 1 are no booleans; from JSON, as a list is what there is for a tuple, a text for a
        # path.
        found = model.model_validate_json(to_json(dict(values)), strict=True)
    except PydanticSerializationError as error:
        raise UsageError(f"{place}: a value cannot be kept in a run's config.json: {error}") from None
    except ValidationError as error:
        raise UsageError(*(_fault(place, model, dict(fault), elsewhere) for fault in error.errors())) from None
    return found.model_dump(exclude_defaults=True)


def spelt_out(identity: Mapping[str, Any], env_ids: Collection[str]) -> dict[str, Any]:
    """Return what makes a run this run with its options by short name, for people to compare with another run's.

    Args:
        identity: as `RolloutConfig.identity` returns it.
        env_ids: installed environments whose options stand there whole, the defaults of those that were not set too.
    """
    asked = identity.get(SECTION, {})
    whole = {env_id: _defaults(env_id) | asked.get(env_id, {}) for env_id in env_ids}
    named = {plugins.short_name(env_id): chosen for env_id, chosen in {**asked, **whole}.items()}
    return {**identity, SECTION: named}


def _defaults(env_id: str) -> dict[str, Any]:
    fields = model_of(plugins.environment_class(env_id)).model_fields
    defaults = {name: field.default for name, field in fields.items() if not field.is_required()}
    return dict(to_jsonable_python(defaults, fallback=repr))


def model_of(cls: type[AgentEnv]) -> type[BaseModel]:
    """Return the model of an environment's own options: its constructor's keyword-only ones that `AgentEnv` has not."""
    common = inspect.signature(AgentEnv.__init__).parameters
    fields: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base is not AgentEnv and issubclass(base, AgentEnv) and "__init__" in vars(base):
            hints = get_type_hints(base.__init__, include_extras=True)
            for option in inspect.signature(base.__init__).parameters.values():
                if option.kind is option.KEYWORD_ONLY and option.name not in common:
                    default = ... if option.default is option.empty else option.default
                    fields[option.name] = (hints.get(option.name, Any), default)
    return create_model(
        f"{cls.__name__}_options", __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=True), **fields
    )


def _fault(place: str, model: type[BaseModel], fault: Mapping[str, Any], elsewhere: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return f"{place}.{key}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r:.60}"
    if key in elsewhere:
        return f"{place}.{key}: every environment has it; set {elsewhere[key]}"
    near, known = did_you_mean(key, model.model_fields), ", ".join(model.model_fields) or "none"
    return f"{place}.{key}: there is no such option{near} Known: {known}."
