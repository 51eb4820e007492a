"""What a saved adapter was made with, read without PEFT."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agentgym.models import GENERIC, profile_for

# As settings call it, and as PEFT does.
_NAMES = {"rank": "r", "alpha": "lora_alpha", "dropout": "lora_dropout"}


def saved_lora(folder: Path) -> dict[str, Any]:
    """Return rank, alpha and dropout of an adapter, as settings call them; none where they cannot be read.

    What is wrong with the files is told where the adapter is loaded.
    """
    told = _config(folder)
    return {name: told[peft] for name, peft in _NAMES.items() if isinstance(told.get(peft), int | float)}


def adapter_faults(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield why settings cannot go on from the adapter that they name: it is missing, or another than is asked for."""
    model, lora = values.get("model", {}), values.get("lora", {})
    if not isinstance(model, dict) or not isinstance(lora, dict) or not isinstance(model.get("adapter"), str):
        return
    folder = Path(model["adapter"])
    if not (folder / "adapter_config.json").is_file():
        inner = folder / "adapter"
        near = f": did you mean {inner}?" if inner.is_dir() else "; python -m agentgym.trainers.sft makes one"
        yield f"model.adapter: {folder} {'holds no adapter' if folder.is_dir() else 'is no folder'}{near}"
        return
    for name, has in saved_lora(folder).items():
        if lora.get(name, has) != has:
            yield (
                f"lora.{name}: {lora[name]!r}, but the adapter in {folder} was made with {has!r}: set that, or begin "
                "without model.adapter"
            )
    if (base := _other_base(folder, str(model.get("name", "")))) is not None:
        yield f"model.adapter: the adapter in {folder} is one of {base}, not of {model['name']}"


def _other_base(folder: Path, name: str) -> str | None:
    """Return the model that an adapter says it is of, if that is another one of those that are known."""
    base = Path(str(_config(folder).get("base_model_name_or_path") or "")).name
    both = [profile_for(Path(one).name) for one in (base, name)]
    if GENERIC in both or not all(len(profile.models) == 1 for profile in both):
        return None
    return base if both[0].models[0].name != both[1].models[0].name else None


def _config(folder: Path) -> dict[str, Any]:
    try:
        told = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
