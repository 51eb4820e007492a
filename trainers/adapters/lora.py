"""LoRA adapters: which modules get one, and the proof that they did.

A preset that matches fewer modules than it names, or more than it should, trains something else than was meant: PEFT's
default for hybrids reaches a few per cent of the layers, and on some mixtures of experts `gate_proj` means every routed
expert. So what was resolved is listed, and compared with what the preset asks for, before anything is trained.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentgym.errors import UsageError
from agentgym.models import Lora, ModelProfile
from agentgym.policies.peft_adapter import Adapter, read_adapter
from agentgym.trainers.settings import LoraSettings

if TYPE_CHECKING:
    from agentgym.trainers.adapters.adapter_files import TextNames

ALL_LINEAR = "all-linear"
# Where routed experts are modules of their own. An adapter on each of them is not supported; shared experts are others.
ROUTED_EXPERTS = r"(.*\.)?experts\..*"
ROUTED_EXPERT = "a routed expert"
_UNASKED = (
    "PEFT puts adapters here unasked, as it takes names of linear layers for those of routed experts on some "
    "architectures; leave gate_proj, up_proj and down_proj out of lora.target_modules"
)
_BREAKS = "the model would read its weights past an adapter, or break"


@dataclass(frozen=True)
class Adapted:
    """What an adapter was put on.

    Attributes:
        modules: by the end of their name: how many, and their shared shape `(out, in)` or several.
        trainable: weights that are trained.
        total: weights of the model without them.
    """

    modules: Mapping[str, tuple[int, tuple[tuple[int, int], ...]]]
    trainable: int
    total: int

    def lines(self) -> list[str]:
        """Return it as a table for a terminal, one line a kind of module, and the totals."""
        width = max(map(len, ("module", *self.modules)))
        table = [f"{'module':<{width}}  count  out x in"]
        for name, (count, shapes) in self.modules.items():
            table.append(f"{name:<{width}}  {count:>5}  {', '.join(map(_size, shapes))}")
        share = self.trainable / self.total
        return [*table, f"trained: {self.trainable:,} weights beside {self.total:,} ({share:.2%})"]


def with_adapter(
    model: Any, profile: ModelProfile, settings: LoraSettings, *, adapter: Path | None = None, seed: int = 0
) -> Any:
    """Return the model with a LoRA adapter on it, a new one or one that PEFT saved.

    Args:
        model: of transformers.
        profile: narrowed to the model; its `lora` names the modules, unless the settings do.
        settings: rank and so on; for a saved adapter, its own count.
        adapter: the folder of a saved adapter, trained on.
        seed: of a new adapter's first weights.

    Raises:
        UsageError: the modules that were resolved are not those that the preset names; lists what is missing, what is
            there beside, and the names that the model has. Or the saved adapter is damaged, or another model's.
    """
    lora = _asked(profile, settings)
    if adapter is None:
        names, expected = _resolved(model, lora)
        made = _new(model, settings, names, seed=seed)
    else:
        expected = _saved(model, lora, read_adapter(adapter), adapter)
        made = _continued(model, adapter)
    found = set(_layers(made))
    surplus, missing = _kinds(found - expected), _kinds(expected - found)
    faults = [f"{name}: {_UNASKED}" for name in surplus]
    faults += [f"{name}: PEFT puts no adapter here, though it was asked to" for name in missing]
    if faults:
        raise UsageError(*faults)
    return made


def adapted(model: Any) -> Adapted:
    """Return what the adapter of a PEFT model was put on."""
    shapes: dict[str, list[tuple[int, int]]] = {}
    for name, layer in _layers(model).items():
        weight = layer.get_base_layer().weight
        shapes.setdefault(_end(name), []).append((int(weight.shape[0]), int(weight.shape[1])))
    weights = [(weight.numel(), weight.requires_grad, "lora_" in name) for name, weight in model.named_parameters()]
    return Adapted(
        modules={end: (len(all_of), tuple(dict.fromkeys(all_of))) for end, all_of in sorted(shapes.items())},
        trainable=sum(count for count, trained, _ in weights if trained),
        total=sum(count for count, _, added in weights if not added),
    )


def _asked(profile: ModelProfile, settings: LoraSettings) -> Lora:
    """Return what is asked for: the settings' names, else the family's, else every linear layer."""
    known = profile.lora or Lora(target_modules=(ALL_LINEAR,))
    if settings.target_modules is None:
        return known
    return known.model_copy(update={"target_modules": settings.target_modules})


def _resolved(model: Any, lora: Lora) -> tuple[list[str], set[str]]:
    """Return the ends of names that are asked for, and the full names of the modules that get an adapter.

    Raises:
        UsageError: a name asked for matches no linear layer, or what never gets an adapter.
    """
    linear, others = _modules(model)
    ends = sorted(set(map(_end, linear)))
    allowed = [end for end in ends if end not in lora.never] if ALL_LINEAR in lora.target_modules else []
    names = list(dict.fromkeys([*allowed, *(name for name in lora.target_modules if name != ALL_LINEAR)]))
    found = {name: {module for module in linear if _ends_in(module, name)} for name in names}
    faults = [] if names else ["lora.target_modules names no module"]
    for name, modules in found.items():
        if any(_ends_in(module, never) for never in lora.never for module in (name, *modules)):
            faults.append(f"{name}: {_BREAKS}; leave it out")
        elif not modules:
            faults.append(_missing(name, others))
    if faults:
        raise UsageError(*faults, f"{type(model).__name__} has these linear layers: {', '.join(ends)}")
    return names, set().union(*found.values())


def _missing(name: str, others: Mapping[str, str]) -> str:
    kinds = sorted({kind for other, kind in others.items() if _ends_in(other, name)})
    instead = f" (what is called so is {', '.join(kinds)})" if kinds else ""
    return f"{name}: no linear layer has this name{instead}; leave it out of lora.target_modules, or set model.family"


def _saved(model: Any, lora: Lora, saved: Adapter, folder: Path) -> set[str]:
    """Return the full names of the modules that a saved adapter is for.

    Raises:
        UsageError: the model has not all of them, or of other shapes, or they never get an adapter.
    """
    names, (linear, _) = _text_names(model), _modules(model)
    shapes = {names.to_trained(name): (pair.b.shape[0], pair.a.shape[1]) for name, pair in saved.pairs.items()}
    faults = []
    for name, shape in shapes.items():
        if any(_ends_in(name, never) for never in lora.never):
            faults.append(f"{name}: {_BREAKS}")
        elif name not in linear:
            faults.append(f"{name}: the model has no such linear layer")
        elif linear[name] != shape:
            faults.append(f"{name}: the adapter is for {_size(shape)}, and the model has {_size(linear[name])}")
    if faults:
        shown = [*faults[:5], f"and {len(faults) - 5} more like these"] if len(faults) > 5 else faults
        base = f"; it says that it was trained on {saved.base}" if saved.base else ""
        raise UsageError(f"the adapter in {folder} does not fit {type(model).__name__}{base}:", *shown)
    return set(shapes)


def _new(model: Any, settings: LoraSettings, names: Sequence[str], *, seed: int) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model

    routed = any(kind == ROUTED_EXPERT for kind in _modules(model)[1].values())
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=[*names],
        # PEFT warns of a pattern that excludes nothing.
        exclude_modules=ROUTED_EXPERTS if routed else None,
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(seed)
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise UsageError(f"PEFT puts no adapter on {', '.join(names)}: {error}") from error


def _continued(model: Any, folder: Path) -> Any:
    from peft import PeftModel

    names = _text_names(model)
    renamed = {} if names.trained == names.published else {f"^{re.escape(names.published)}": names.trained}
    return PeftModel.from_pretrained(model, folder, is_trainable=True, key_mapping=renamed or None)


def _text_names(model: Any) -> TextNames:
    from agentgym.trainers.adapters.adapter_files import text_names

    return text_names(Path(model.name_or_path))


def _modules(model: Any) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Return the linear layers that may get an adapter with their shapes, and what kind all other modules are of."""
    from torch.nn import Linear

    output, routed = model.get_output_embeddings(), re.compile(ROUTED_EXPERTS)
    linear: dict[str, tuple[int, int]] = {}
    others: dict[str, str] = {}
    for name, module in model.named_modules():
        if routed.fullmatch(name):
            others[name] = ROUTED_EXPERT
        elif isinstance(module, Linear) and module is not output:
            linear[name] = (module.out_features, module.in_features)
        else:
            others[name] = "the output layer" if module is output else f"of the kind {type(module).__name__}"
    return linear, others


def _layers(model: Any) -> dict[str, Any]:
    """Return the modules of a PEFT model that have an adapter, by their name in the model itself."""
    from peft.tuners.lora import LoraLayer

    named = model.get_base_model().named_modules()
    return {name: module for name, module in named if isinstance(module, LoraLayer)}


def _kinds(names: Iterable[str]) -> list[str]:
    """Return names once for all layers."""
    return sorted({re.sub(r"\.\d+\.", ".N.", name) for name in names})


def _end(name: str) -> str:
    return name.rpartition(".")[2]


def _ends_in(name: str, end: str) -> bool:
    return name == end or name.endswith(f".{end}")


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
