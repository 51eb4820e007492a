"""A server on loopback over a model of the transformers library that takes adapters as it runs, as vLLM does."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from parity_server import ModelServer


class AdapterServer(ModelServer):
    """The server; a context manager.

    Attributes:
        loaded: the adapters that it has, by name.
        asked: the model of each completion so far.
        ignores: ends of module names whose adapters it leaves out.
        ignores_all: it answers with adapters as without.
        most_rank: of an adapter.
        raw: it tells log-probabilities from before temperature.
        drift: added to every log-probability.
    """

    def __init__(self, name: str, loaded: Any) -> None:
        super().__init__(name, loaded.model.eval(), loaded.tokenizer)
        self.paths |= {"/v1/load_lora_adapter": self._load, "/v1/unload_lora_adapter": self._unload}
        self.loaded: dict[str, str] = {}
        self.asked: list[str] = []
        self.ignores: tuple[str, ...] = ()
        self.ignores_all = False
        self.most_rank = 64
        self.raw = False
        self.drift = 0.0
        self._one_at_a_time = threading.Lock()
        self._number = 0

    def _load(self, body: dict[str, Any]) -> tuple[int, Any]:
        from peft import PeftConfig

        name, folder = body["lora_name"], Path(body["lora_path"])
        if name in self.loaded:
            return 400, {"error": {"message": f"The lora adapter '{name}' has already been loaded."}}
        if not folder.is_dir():
            return 404, {"error": {"message": f"Loading lora {name} failed: No adapter found for {folder}"}}
        rank = PeftConfig.from_pretrained(str(folder)).r
        if rank > self.most_rank:
            said = f"LoRA rank {rank} is greater than max_lora_rank {self.most_rank}."
            return 500, {"error": {"message": said}}
        self._number += 1
        kept = f"number{self._number}"
        self.model.load_adapter(str(folder), adapter_name=kept)
        for parameter, weights in self.model.named_parameters():
            if f".{kept}." in parameter and any(f"{end}.lora_B" in parameter for end in self.ignores):
                weights.data.zero_()
        self.loaded[name] = kept
        self.models = [*self.models, name]
        return 200, "Success"

    def _unload(self, body: dict[str, Any]) -> tuple[int, Any]:
        name = body["lora_name"]
        if name not in self.loaded:
            return 404, {"error": {"message": f"The lora adapter '{name}' cannot be found."}}
        self.model.set_adapter("default")
        self.model.delete_adapter(self.loaded.pop(name))
        self.models = [model for model in self.models if model != name]
        return 200, "Success"

    def _complete(self, body: dict[str, Any]) -> tuple[int, Any]:
        with self._one_at_a_time:
            self.asked.append(body["model"])
            adapter = self.loaded.get(body["model"])
            if adapter is None or self.ignores_all:
                with self.model.disable_adapter():
                    return super()._complete(body)
            self.model.set_adapter(adapter)
            return super()._complete(body)

    def _sample(self, prompt: Any, stops: Any, room: int, body: dict[str, Any]) -> tuple[list[int], list[float]]:
        ids, logprobs = super()._sample(prompt, stops, room, body)
        if self.raw:
            from parity_server import logprobs_of

            logprobs = logprobs_of(self.model, [*prompt, *ids])[-len(ids) :]
        return ids, [min(0.0, logprob + self.drift) for logprob in logprobs]
