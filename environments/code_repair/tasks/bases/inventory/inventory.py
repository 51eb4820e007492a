"""Keeping track of a warehouse."""

from collections.abc import Mapping, Sequence

from .errors import Rejected
from .items import Item
from .reorder import reorder_list
from .warehouse import Field, Warehouse

DEFAULT_MINIMUM = 0
DEFAULT_PACK = 1


def track(
    catalog: Mapping[str, Mapping[str, int]], movements: Sequence[Sequence[Field]]
) -> dict[str, dict[str, list[int]] | list[list[str | int]] | list[str]]:
    """Return how a warehouse that was empty is left after movements.

    Args:
        catalog: of each item its `minimum` (0 if not given) and its `pack` (1 if not given).
        movements: ["receive", item, quantity], ["reserve", order, item, quantity], ["ship", order], ["cancel", order]
            or ["undo"], which takes back the last movement that was made and not yet taken back.

    Returns:
        `stock`: [pieces there, pieces free] of each item. `reorder`: pairs [item, packs], most pieces lacking first.
        `rejected`: one text such as `3: unknown item tea` for each movement not made, numbered from 1.

    Raises:
        CatalogError: a minimum is negative or a pack empty.
    """
    warehouse = Warehouse([read_item(sku, fields) for sku, fields in catalog.items()])
    rejected = []
    for number, movement in enumerate(movements, start=1):
        try:
            warehouse.move(movement)
        except Rejected as error:
            rejected.append(f"{number}: {error.reason}")
    items = warehouse.items.values()
    return {
        "stock": {item.sku: [item.on_hand, item.free] for item in items},
        "reorder": reorder_list(items),
        "rejected": rejected,
    }


def read_item(sku: str, fields: Mapping[str, int]) -> Item:
    """Return an item of which there are no pieces yet."""
    return Item(sku, fields.get("minimum", DEFAULT_MINIMUM), fields.get("pack", DEFAULT_PACK))
