"""What lies in a tier of the cache."""

from dataclasses import dataclass


@dataclass
class Entry:
    """A value under its key.

    Attributes:
        key: its name.
        value: what is kept.
        dirty: whether the store below has not got this value yet.
        uses: how often the entry was read or written since it came into the cache.
    """

    key: str
    value: int
    dirty: bool = False
    uses: int = 0
