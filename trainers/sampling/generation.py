"""Tokens sampled from a model in memory, each with the log-probability under which it was sampled.

Prompts that several answers share are read once. What a question is answered depends on its own seed; the others of its
batch change no more than the rounding. No setting of the model's own that bends its probabilities takes part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from transformers import DynamicCache

from agentgym.errors import UsageError
from agentgym.trainers.guards.oom import is_memory

# Tokens of prompts and answers together that are held at once.
MOST_TOKENS = 65_536
# A prompt is padded to at most so many times its length.
_MOST_PADDING = 1.5
# Answers that have ended are taken out of a batch when they are this share of it.
_ENDED_SHARE = 0.25
# Positions whose log-probabilities are computed at once; each takes as many numbers as the vocabulary has tokens.
_POSITIONS = 512
# Layers that can be told to look past padding; all others mix it into what they remember.
_MASKED = {"full_attention", "sliding_attention", "chunked_attention", "moe", "mlp"}


class Question(NamedTuple):
    """What is to be sampled.

    Attributes:
        prompt_ids: shape (P,).
        max_tokens: most tokens of the answer, at least 1.
        seed: of its sampling.
    """

    prompt_ids: tuple[int, ...]
    max_tokens: int
    seed: int


class Answer(NamedTuple):
    """What was sampled.

    Attributes:
        ids: shape (T,), the token that ended it included.
        logprobs: shape (T,), of each token at the temperature that it was sampled with; at temperature 0, at 1.
        ended: whether the model ended it, rather than the limit.
    """

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    ended: bool


def sample(
    model: Any, questions: Sequence[Question], *, stop: frozenset[int], temperature: float, adapter: bool = True
) -> list[Answer]:
    """Return an answer to each question; the same questions in any order are answered the same way again.

    Args:
        model: of transformers or PEFT; afterwards it trains or evaluates as it did before.
        questions: what is to be sampled.
        stop: tokens that end an answer.
        temperature: that the logits are divided by; 0 takes the likeliest token.
        adapter: False samples from a PEFT model as if it had no adapter.

    Raises:
        UsageError: memory ran out, or the model computes what is no number; says what to do.
    """
    order = sorted(range(len(questions)), key=lambda index: _place(questions[index]))
    padded = _takes_padding(model)
    answers: dict[int, Answer] = {}
    with _evaluating(model), nullcontext() if adapter else model.disable_adapter():
        for batch in _batches([questions[index] for index in order], padded=padded):
            indices = order[len(answers) : len(answers) + len(batch)]
            with _memory_faults(batch):
                answers.update(zip(indices, _answer(model, batch, stop, temperature), strict=True))
    return [answers[index] for index in range(len(questions))]


def logprobs(model: Any, rows: Sequence[Sequence[int]], *, temperature: float = 1.0) -> list[list[float]]:
    """Return the log-probability of each token after the first under a model, one list a row; shapes (T - 1,).

    Rows are computed one at a time, so that nothing is padded.
    """
    with _evaluating(model):
        return [_row_logprobs(model, row, temperature) for row in rows]


def _row_logprobs(model: Any, row: Sequence[int], temperature: float) -> list[float]:
    ids_1_T: Any = _tensor([row], model)
    logits_T_V: Any = model(input_ids=ids_1_T, use_cache=False).logits[0, :-1]
    found: list[float] = []
    for logits, ids in zip(logits_T_V.split(_POSITIONS), ids_1_T[0, 1:].split(_POSITIONS), strict=True):
        likely = (logits.float() / temperature).log_softmax(-1)
        found += likely.gather(-1, ids[:, None])[:, 0].tolist()
    return found


def _place(question: Question) -> tuple[int, tuple[int, ...], int, int]:
    """Return what questions are sorted by: by length, and what shares a prompt side by side."""
    return len(question.prompt_ids), question.prompt_ids, question.seed, question.max_tokens


def _takes_padding(model: Any) -> bool:
    config = model.config.get_text_config()
    return not hasattr(config, "layer_types") or set(config.layer_types or ()) <= _MASKED


def _batches(questions: Sequence[Question], *, padded: bool) -> Iterator[list[Question]]:
    """Yield questions, sorted by length, that are answered together."""
    batch: list[Question] = []
    for question in questions:
        length = len(question.prompt_ids)
        fits = (len(batch) + 1) * (length + max(one.max_tokens for one in (*batch, question))) <= MOST_TOKENS
        alike = length <= (_MOST_PADDING if padded else 1) * len(batch[0].prompt_ids) if batch else True
        if batch and not (fits and alike):
            yield batch
            batch = []
        batch.append(question)
    if batch:
        yield batch


class _Draft:
    """An answer that is being sampled."""

    def __init__(self, question: Question, device: torch.device) -> None:
        self._most = question.max_tokens
        self._random = torch.Generator(device).manual_seed(question.seed)
        self.ids: list[int] = []
        self.logprobs: list[float] = []
        self.ended = False

    @property
    def goes_on(self) -> bool:
        return not self.ended and len(self.ids) < self._most

    def noise_V(self, vocabulary: int) -> torch.Tensor:
        """Return the times after which each token would come if all were alike; it is drawn anew for each token."""
        # In double precision, as the shortest times decide, and must not be 0.
        times_V = torch.empty(vocabulary, dtype=torch.float64, device=self._random.device)
        return times_V.exponential_(generator=self._random)

    def add(self, token: int, logprob: float, *, ends: bool) -> None:
        if self.goes_on:
            self.ids.append(token)
            self.logprobs.append(logprob)
            self.ended = ends

    def answer(self) -> Answer:
        return Answer(tuple(self.ids), tuple(self.logprobs), self.ended)


def _answer(model: Any, batch: Sequence[Question], stop: frozenset[int], temperature: float) -> list[Answer]:
    reading = _Reading(model, [question.prompt_ids for question in batch])
    vocabulary, device = reading.logits_B_V.shape[1], reading.logits_B_V.device
    drafts = [_Draft(question, device) for question in batch]
    rows = list(drafts)
    while True:
        noise_B_V = torch.stack([draft.noise_V(vocabulary) for draft in rows]) if temperature else None
        tokens, likely = next_tokens(reading.logits_B_V, noise_B_V, temperature=temperature or 1.0)
        for draft, token, logprob in zip(rows, tokens, likely, strict=True):
            draft.add(token, logprob, ends=token in stop)
        left = [row for row, draft in enumerate(rows) if draft.goes_on]
        if not left:
            return [draft.answer() for draft in drafts]
        if len(rows) - len(left) >= _ENDED_SHARE * len(rows):
            rows, tokens = [rows[row] for row in left], [tokens[row] for row in left]
            reading.keep(left)
        reading.go_on(tokens)


class _Reading:
    """What a model has read of several conversations, B of them, and makes of their next token.

    Attributes:
        logits_B_V: of the next token of each.
    """

    logits_B_V: torch.Tensor

    def __init__(self, model: Any, prompts: Sequence[tuple[int, ...]]) -> None:
        """Read the prompts, those that are alike once."""
        self._model = model
        distinct = list(dict.fromkeys(prompts))
        longest = max(map(len, distinct))
        padding = [longest - len(prompt) for prompt in distinct]
        self._mask: torch.Tensor | None = None
        if any(padding):
            self._mask = _tensor([[0] * pad + [1] * (longest - pad) for pad in padding], model)
        self._cache = DynamicCache(config=model.config.get_text_config())
        self._read(_tensor([[0] * pad + [*prompt] for pad, prompt in zip(padding, distinct, strict=True)], model))
        places = {prompt: place for place, prompt in enumerate(distinct)}
        self.keep([places[prompt] for prompt in prompts])

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only; a row may be named several times."""
        if list(rows) == list(range(len(self.logits_B_V))):
            return
        index: Any = _tensor(rows, self._model)
        self._cache.reorder_cache(index)
        self.logits_B_V = self.logits_B_V[index]
        self._mask = None if self._mask is None else self._mask[index]

    def go_on(self, tokens: Sequence[int]) -> None:
        """Read one more token of each."""
        if self._mask is not None:
            self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        self._read(_tensor([[token] for token in tokens], self._model))

    def _read(self, ids_B_T: torch.Tensor) -> None:
        placed: dict[str, torch.Tensor] = {}
        if self._mask is not None:
            positions = (self._mask.cumsum(-1) - 1).clamp(min=0)
            placed = {"attention_mask": self._mask, "position_ids": positions[:, -ids_B_T.shape[1] :]}
        read = self._model(input_ids=ids_B_T, past_key_values=self._cache, use_cache=True, logits_to_keep=1, **placed)
        self.logits_B_V = read.logits[:, -1].float()


def next_tokens(
    logits_B_V: torch.Tensor, noise_B_V: torch.Tensor | None, *, temperature: float
) -> tuple[list[int], list[float]]:
    """Return the next token of each row, and its log-probability.

    The token that comes first is taken, where each comes at its own rate, its probability: the Gumbel-max trick. Unlike
    a place in the sum of all probabilities, it hardly ever turns on how these were rounded.

    Args:
        logits_B_V: of the next token.
        noise_B_V: drawn from the exponential distribution; None takes the likeliest token.
        temperature: that the logits are divided by.

    Raises:
        UsageError: they are no numbers.
    """
    likely_B_V = (logits_B_V / temperature).log_softmax(-1)
    early_B_V = likely_B_V if noise_B_V is None else likely_B_V - noise_B_V.log()
    tokens_B_1 = early_B_V.argmax(-1, keepdim=True)
    chosen_B = likely_B_V.gather(-1, tokens_B_1)[:, 0]
    if not chosen_B.isfinite().all():
        raise UsageError(
            "the model computes log-probabilities that are no numbers, so that nothing can be sampled from it: its "
            "weights are broken. Begin a new run from an earlier checkpoint (--set "
            "model.adapter=RUN/checkpoints/checkpoint-N), with a lower trl.learning_rate, or with model.dtype=float32"
        )
    return tokens_B_1[:, 0].tolist(), chosen_B.tolist()


def _tensor(ids: Sequence[Any], model: Any) -> torch.Tensor:
    return torch.tensor(ids, dtype=torch.long, device=next(model.parameters()).device)


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Compute without gradients and dropout; each module trains afterwards if it did before."""
    trained = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module in trained:
            module.training = True


@contextmanager
def _memory_faults(batch: Sequence[Question]) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_memory(error):
            raise
        longest = max(len(question.prompt_ids) + question.max_tokens for question in batch)
        raise UsageError(
            f"memory ran out while {len(batch):,} answers of up to {longest:,} tokens, prompts included, were sampled "
            "in this process: make groups.size or groups.per_step smaller, or policy.max_tokens, or let a server "
            "sample (policy.spec=vllm:MODEL)"
        ) from error
