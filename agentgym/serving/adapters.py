"""LoRA adapters that come and go while a server runs, as a trainer needs them after every step.

Load each version under a name of its own and unload the old one: some releases of vLLM keep what they read with an
earlier adapter in their prefix cache by its name, and go on using it.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from pathlib import Path

import urllib3
from pydantic import BaseModel, ConfigDict, ValidationError
from urllib3.exceptions import HTTPError

from agentgym.errors import PolicyUnavailable, UsageError

_TIMEOUT = urllib3.Timeout(connect=5.0, read=120.0)
_SHOWN = 500
# How vLLM says what it says with status 500 too (lora/peft_helper.py, v1/worker/lora_model_runner_mixin.py).
_RANK, _NOT_ENABLED = "max_lora_rank", "LoRA is not enabled"


class AdapterUnknown(UsageError):
    """The server takes adapters, and has none of this name, or finds none in the folder."""


class Served(BaseModel):
    """What a server lists: a model, or an adapter of one.

    Attributes:
        id: the name to ask for it by.
        parent: the model that an adapter is for; None for a model itself.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    parent: str | None = None


class _Models(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    data: list[Served]


def load_adapter(base_url: str, name: str, folder: Path) -> None:
    """Have a vLLM server read an adapter; requests whose model is `name` then use it.

    Args:
        base_url: the server's API, as `http://127.0.0.1:8000/v1`.
        name: one that was not used before, as `my-run-step-12`.
        folder: where PEFT saved it, on the server's own disk.

    Raises:
        AdapterUnknown: there is no adapter in the folder.
        UsageError: the server refuses otherwise: the name is taken, the rank is larger than it makes room for, or
            adapters cannot come and go there.
        PolicyUnavailable: it does not answer.
    """
    _post(f"{base_url}/load_lora_adapter", {"lora_name": name, "lora_path": str(folder.resolve())})


def unload_adapter(base_url: str, name: str) -> None:
    """Have a vLLM server forget an adapter; raises as `load_adapter` does."""
    _post(f"{base_url}/unload_lora_adapter", {"lora_name": name})


def require_adapters(base_url: str) -> None:
    """Fail if adapters cannot come and go on a vLLM server; raises as `load_adapter` does."""
    with contextlib.suppress(AdapterUnknown):
        unload_adapter(base_url, f"nobody-{uuid.uuid4().hex}")


def served(base_url: str, *, timeout_s: float = 2.0) -> list[Served] | None:
    """Return the models and adapters that a server lists, or None if nothing of the kind answers there."""
    timeout = urllib3.Timeout(connect=timeout_s, read=timeout_s)
    try:
        answer = urllib3.request("GET", f"{base_url}/models", timeout=timeout, retries=False, redirect=False)
        return _Models.model_validate_json(answer.data).data if answer.status == 200 else None
    except (HTTPError, ValidationError):
        return None


def _post(url: str, body: dict[str, str]) -> None:
    try:
        answer = urllib3.request(
            "POST",
            url,
            body=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            timeout=_TIMEOUT,
            retries=False,
        )
    except HTTPError as error:
        raise PolicyUnavailable(f"{url} does not answer for the adapter {body['lora_name']}: {error}") from error
    said = " ".join(answer.data.decode("utf-8", "replace").split())[:_SHOWN]
    if answer.status == 200:
        return
    # A route that does not exist is refused in other words than an adapter that does not.
    if (answer.status == 404 and "lora" not in said.lower()) or _NOT_ENABLED in said:
        raise UsageError(f"{url}: the server takes no adapters while it runs: `agentgym serve MODEL --rl` does")
    refused = f"{url}: the server refused the adapter {body['lora_name']} (HTTP {answer.status}): {said}"
    if _RANK in said:
        raise UsageError(
            f"{refused} Serve the model with room for it (`agentgym serve MODEL --rl -- --max-lora-rank N`), or train "
            "an adapter of a lower rank (lora.rank)."
        )
    if answer.status == 404:
        raise AdapterUnknown(refused)
    raise PolicyUnavailable(refused) if answer.status >= 500 else UsageError(refused)
