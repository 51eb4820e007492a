"""A completions server on loopback over a model of the transformers library, as vLLM answers token ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from json_server import JsonServer

CONTEXT = 4096


class Served(NamedTuple):
    """One completion as the server made it."""

    prompt: list[int]
    sampled: list[int]
    logprobs: list[float]


# A few are as good as many, and each takes a pass.
MOST_SAMPLED = 10


class ModelServer(JsonServer):
    """The server; a context manager.

    Attributes:
        served: every completion so far.
        scripted: texts that the next completions say in place of sampled ones; the model still tells how likely.
    """

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        super().__init__([name])
        self.name = name
        self.paths = {"/tokenize": self._tokenize, "/detokenize": self._detokenize, "/v1/completions": self._complete}
        self.model = model
        self.tokenizer = tokenizer
        self.served: list[Served] = []
        self.scripted: list[str] = []

    def _tokenize(self, body: dict[str, Any]) -> tuple[int, Any]:
        if "prompt" in body:
            ids = self.tokenizer.encode(body["prompt"], add_special_tokens=body["add_special_tokens"])
        else:
            text = self.tokenizer.apply_chat_template(
                [_with_objects(message) for message in body["messages"]],
                tools=body.get("tools"),
                add_generation_prompt=body["add_generation_prompt"],
                tokenize=False,
                **body["chat_template_kwargs"],
            )
            ids = self.tokenizer.encode(text, add_special_tokens=False)
        return 200, {"tokens": ids, "count": len(ids), "max_model_len": CONTEXT}

    def _detokenize(self, body: dict[str, Any]) -> tuple[int, Any]:
        return 200, {"prompt": self.tokenizer.decode(body["tokens"], skip_special_tokens=False)}

    def _complete(self, body: dict[str, Any]) -> tuple[int, Any]:
        assert body["return_token_ids"] is True
        prompt, stops = body["prompt"], body["stop_token_ids"]
        if self.scripted:
            ids = self.tokenizer.encode(self.scripted.pop(0), add_special_tokens=False)
            logprobs = logprobs_of(self.model, [*prompt, *ids])[-len(ids) :]
        else:
            ids, logprobs = self._sample(prompt, stops, min(MOST_SAMPLED, body["max_tokens"]), body)
        self.served.append(Served(prompt, ids, logprobs))
        ended = ids[-1] in stops
        choice = {
            "text": self.tokenizer.decode(ids[:-1] if ended else ids, skip_special_tokens=body["skip_special_tokens"]),
            "finish_reason": "stop" if ended else "length",
            "token_ids": ids,
            "prompt_token_ids": prompt,
            "logprobs": {"token_logprobs": logprobs},
        }
        return 200, {"choices": [choice], "usage": {"prompt_tokens": len(prompt), "completion_tokens": len(ids)}}

    def _sample(
        self, prompt: Sequence[int], stops: Sequence[int], room: int, body: dict[str, Any]
    ) -> tuple[list[int], list[float]]:
        """Sample token by token from the model's own probabilities, at a temperature."""
        import torch

        torch.manual_seed(body["seed"])
        inputs = torch.tensor([prompt])
        with torch.no_grad():
            made = self.model.generate(
                inputs,
                attention_mask=torch.ones_like(inputs),
                max_new_tokens=room,
                do_sample=True,
                temperature=body["temperature"],
                top_k=0,
                eos_token_id=[*stops],
                pad_token_id=0,
                output_logits=True,
                return_dict_in_generate=True,
            )
        ids = made.sequences[0, len(prompt) :]
        likely = (torch.stack(made.logits, 1)[0] / body["temperature"]).log_softmax(-1)
        return ids.tolist(), likely.gather(-1, ids[:, None])[:, 0].tolist()


def logprobs_of(model: Any, ids: Iterable[int]) -> list[float]:
    """The log-probability of each token but the first after those before it, from one forward pass."""
    import torch

    tokens = torch.tensor([[*ids]])
    with torch.no_grad():
        likely = model(tokens).logits[0, :-1].log_softmax(-1)
    found: list[float] = likely.gather(-1, tokens[0, 1:, None])[:, 0].tolist()
    return found


def _with_objects(message: dict[str, Any]) -> dict[str, Any]:
    """A message as vLLM gives it to templates: arguments as objects."""
    calls = [
        call | {"function": call["function"] | {"arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls", ())
    ]
    return message | ({"tool_calls": calls} if calls else {})
