"""One kind of goods in the warehouse."""

from dataclasses import dataclass, field, replace

from .errors import CatalogError, OutOfStock, Rejected


@dataclass
class Item:
    """Pieces of one kind.

    Attributes:
        sku: what the kind is called.
        minimum: how many pieces should be free at least.
        pack: how many pieces are ordered at a time.
        on_hand: how many there are.
        reserved: how many are kept for each order.
    """

    sku: str
    minimum: int
    pack: int
    on_hand: int = 0
    reserved: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if self.minimum < 0 or self.pack < 1:
            raise CatalogError(f"{self.sku} needs a minimum of at least 0 and packs of at least 1")

    @property
    def free(self) -> int:
        """How many pieces are kept for nobody."""
        return self.on_hand - sum(self.reserved.values())

    def receive(self, quantity: int) -> None:
        """Add pieces."""
        self.on_hand += check_quantity(quantity)

    def reserve(self, order: str, quantity: int) -> None:
        """Keep so many more pieces for an order."""
        if check_quantity(quantity) > self.free:
            raise OutOfStock(self.sku, self.free)
        self.reserved[order] = self.reserved.get(order, 0) + quantity

    def release(self, order: str) -> int:
        """Keep nothing more for an order, and return how much was kept."""
        return self.reserved.pop(order, 0)

    def copy(self) -> "Item":
        """Return an item that does not change when this one does."""
        return replace(self, reserved=dict(self.reserved))


def check_quantity(quantity: int) -> int:
    """Return the quantity if it is at least 1, and reject it otherwise."""
    if quantity < 1:
        raise Rejected(f"{quantity} is not a quantity")
    return quantity
