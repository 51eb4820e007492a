"""The processes of one training run, as `accelerate launch` starts them; by itself, a run is one process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object

Value = TypeVar("Value")


class Processes:
    """Who this process is among the others, and what they tell one another."""

    def __init__(self) -> None:
        # The others wait while one evaluates, or starts a server: for longer than torch would let them.
        self._state = PartialState(timeout=timedelta(days=1))

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self._state.num_processes)

    @property
    def rank(self) -> int:
        """The number of this one, from 0."""
        return int(self._state.process_index)

    @property
    def main(self) -> bool:
        """Whether this is the one that writes, evaluates and talks."""
        return bool(self._state.is_main_process)

    def on_main(self, work: Callable[[], Value]) -> Value:
        """Do something in the main process while the others wait, and return what came of it in all of them.

        Raises:
            BaseException: what it raised there, in all of them.
        """
        if self.count == 1:
            return work()
        told: list[Any] = [None, None]
        if self.main:
            try:
                told = [work(), None]
            except Exception as error:
                told = [None, error]
        broadcast_object_list(told, from_process=0)
        if told[1] is not None:
            raise told[1]
        value: Value = told[0]
        return value

    def gathered(self, mine: list[Value]) -> list[Value]:
        """Return the lists of all processes, one after the other, in all of them."""
        if self.count == 1:
            return mine
        everybody: list[Value] = gather_object(mine)
        return everybody


def gathered_weights(trainer: Any) -> dict[str, Any] | None:
    """Return what is trained of a trainer's model, whole, where its weights are sharded; else None.

    Called in all processes; the frozen weights stay where they are.
    """
    if not trainer.is_fsdp_enabled:
        return None
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
    return dict(get_model_state_dict(trainer.model_wrapped, options=options))
