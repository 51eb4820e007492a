"""Tiers that hold a few entries and give up one when a further one comes."""

from .entry import Entry


class Tier:
    """A tier of some size; which entry has to go is for its subclasses to say."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError("a tier holds at least one entry")
        self._size = size
        self._entries: dict[str, Entry] = {}

    def take(self, key: str) -> Entry | None:
        """Remove the entry of a key and return it, or None if there is none."""
        return self._entries.pop(key, None)

    def add(self, entry: Entry) -> Entry | None:
        """Add an entry whose key is not there, as the newest, and return the one that had to go, or None."""
        gone = None
        if len(self._entries) >= self._size:
            gone = self._entries.pop(self._victim())
        self._entries[entry.key] = entry
        return gone

    def keys(self) -> list[str]:
        """Return the keys, oldest first."""
        return list(self._entries)

    def entries(self) -> list[Entry]:
        """Return the entries, oldest first."""
        return list(self._entries.values())

    def _victim(self) -> str:
        """Return the key of the entry that goes first: the oldest."""
        return next(iter(self._entries))


class FrequencyTier(Tier):
    """A tier that gives up the entry with the fewest uses, and the oldest of several."""

    def _victim(self) -> str:
        return min(self._entries.values(), key=lambda entry: entry.uses).key
