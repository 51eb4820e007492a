"""The warehouse: all items, and what is done to them."""

from collections.abc import Callable, Sequence

from .errors import Rejected
from .items import Item

Field = str | int


class Warehouse:
    """Items by their names, and how they were before each movement made.

    Attributes:
        items: by name, as they are now.
    """

    def __init__(self, items: list[Item]) -> None:
        self.items = {item.sku: item for item in items}
        self._before: list[dict[str, Item]] = []

    def move(self, movement: Sequence[Field]) -> None:
        """Make a movement as a whole, or not at all.

        Raises:
            Rejected: it cannot be made.
        """
        kind, *fields = movement
        if kind == "undo":
            self._undo()
            return
        before = {sku: item.copy() for sku, item in self.items.items()}
        handlers: dict[str, Callable[..., None]] = {
            "receive": self._receive,
            "reserve": self._reserve,
            "ship": self._ship,
            "cancel": self._cancel,
        }
        handler = handlers.get(str(kind))
        if handler is None:
            raise Rejected(f"unknown movement {kind}")
        handler(*fields)
        self._before.append(before)

    def _receive(self, sku: Field, quantity: Field) -> None:
        self._item(sku).receive(int(quantity))

    def _reserve(self, order: Field, sku: Field, quantity: Field) -> None:
        self._item(sku).reserve(str(order), int(quantity))

    def _ship(self, order: Field) -> None:
        for item in self._kept_for(order):
            item.on_hand -= item.release(str(order))

    def _cancel(self, order: Field) -> None:
        for item in self._kept_for(order):
            item.release(str(order))

    def _undo(self) -> None:
        try:
            self.items = self._before.pop()
        except IndexError:
            raise Rejected("nothing to undo") from None

    def _item(self, sku: Field) -> Item:
        try:
            return self.items[str(sku)]
        except KeyError:
            raise Rejected(f"unknown item {sku}") from None

    def _kept_for(self, order: Field) -> list[Item]:
        items = [item for item in self.items.values() if order in item.reserved]
        if not items:
            raise Rejected(f"nothing reserved for {order}")
        return items
