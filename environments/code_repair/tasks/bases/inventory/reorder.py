"""What has to be ordered anew."""

from collections.abc import Iterable

from .items import Item


def packs_needed(free: int, minimum: int, pack: int) -> int:
    """Return the smallest number of packs with which at least the minimum is free; never below 0."""
    return max(0, -((free - minimum) // pack))


def reorder_list(items: Iterable[Item]) -> list[list[str | int]]:
    """Return pairs [item, packs] of items with less than their minimum free.

    Those that lack the most pieces come first; of equal ones, the first in alphabetical order.
    """
    short = [item for item in items if item.free < item.minimum]
    short.sort(key=lambda item: (item.free - item.minimum, item.sku))
    return [[item.sku, packs_needed(item.free, item.minimum, item.pack)] for item in short]
