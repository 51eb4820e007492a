"""The matrices of a model: what adapters are put on, and what activations are as wide as."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import Field

from agentgym.models.table import Table

ALL_LINEAR = "all-linear"


class Linear(Table):
    """Linear layers that are alike, one in each of so many blocks.

    Attributes:
        name: the end of their modules' names, as transformers has them.
        layers: how many.
        inputs: numbers that go in for each token.
        outputs: numbers that come out.
    """

    name: str
    layers: int = Field(gt=0)
    inputs: int = Field(gt=0)
    outputs: int = Field(gt=0)

    @property
    def parameters(self) -> int:
        """Weights of all of them."""
        return self.layers * self.inputs * self.outputs


class Experts(Table):
    """Routed experts, which transformers keep in one tensor a block and adapters pass over.

    Attributes:
        layers: blocks that have them.
        count: experts of a block.
        used: of them that one token goes through.
        width: numbers between an expert's matrices.
        matrices: of an expert: 3 with a gate, else 2.
    """

    layers: int = Field(gt=0)
    count: int = Field(gt=0)
    used: int = Field(gt=0)
    width: int = Field(gt=0)
    matrices: int = Field(default=3, ge=2, le=3)


class Shape(Table):
    """How a model is built, as far as memory is concerned; biases, norms and convolutions are left out.

    Attributes:
        hidden: numbers of a token between blocks.
        blocks: how many.
        vocabulary: rows of the embedding.
        linear: its linear layers without embedding and output.
        experts: its routed experts, if it is a mixture.
    """

    hidden: int = Field(gt=0)
    blocks: int = Field(gt=0)
    vocabulary: int = Field(gt=0)
    linear: tuple[Linear, ...] = Field(min_length=1)
    experts: Experts | None = None

    @property
    def parameters(self) -> int:
        """Weights of all matrices without embedding and output; routers count."""
        linear = sum(one.parameters for one in self.linear)
        experts = self.experts
        if experts is None:
            return linear
        expert = experts.matrices * self.hidden * experts.width
        return linear + experts.layers * (experts.count * expert + self.hidden * experts.count)

    @property
    def token_numbers(self) -> int:
        """Numbers that go into and come out of all matrices for one token."""
        linear = sum(one.layers * (one.inputs + one.outputs) for one in self.linear)
        experts = self.experts
        if experts is None:
            return linear
        return linear + experts.layers * experts.used * experts.matrices * (self.hidden + experts.width)

    def adapter_parameters(self, rank: int, targets: Collection[str]) -> int:
        """Return the weights of a LoRA adapter on the linear layers whose names end so."""
        return sum(rank * one.layers * (one.inputs + one.outputs) for one in self._adapted(targets))

    def _adapted(self, targets: Collection[str]) -> Iterable[Linear]:
        return [one for one in self.linear if ALL_LINEAR in targets or one.name in targets]
