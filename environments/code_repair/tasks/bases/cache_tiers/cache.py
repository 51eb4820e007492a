"""A cache of two tiers before a slow store."""

from .entry import Entry
from .tiers import FrequencyTier, Tier


class Cache:
    """A small fast tier of what was used last, and a tier of what fell out of it, before a store.

    Attributes:
        store: the values that were written back.
        counts: how often a value was found in `fast`, in `slow`, in the `store`, or `nowhere`.
        written: the keys that were written back, in order.
    """

    def __init__(self, fast: int, slow: int, store: dict[str, int]) -> None:
        self.store = dict(store)
        self.counts = {"fast": 0, "slow": 0, "store": 0, "nowhere": 0}
        self.written: list[str] = []
        self.fast = Tier(fast)
        self.slow = FrequencyTier(slow)

    def get(self, key: str) -> int | None:
        """Return the value of a key, which is then the newest in the fast tier, or None if there is none."""
        place, entry = self._find(key)
        self.counts[place] += 1
        if entry is None:
            return None
        self._enter(entry)
        return entry.value

    def put(self, key: str, value: int) -> None:
        """Change the value of a key in the fast tier; the store gets it later."""
        entry = self._find(key)[1] or Entry(key, value)
        entry.value = value
        entry.dirty = True
        self._enter(entry)

    def flush(self) -> None:
        """Write back what is dirty: first of the fast tier, then of the slow one, each by age."""
        for entry in self.fast.entries() + self.slow.entries():
            self._write_back(entry)

    def _find(self, key: str) -> tuple[str, Entry | None]:
        """Take an entry out of its tier, or copy it from the store; return where it was as well."""
        for place, tier in (("fast", self.fast), ("slow", self.slow)):
            entry = tier.take(key)
            if entry is not None:
                return place, entry
        if key in self.store:
            return "store", Entry(key, self.store[key])
        return "nowhere", None

    def _enter(self, entry: Entry) -> None:
        """Put a used entry into the fast tier; what falls out goes into the slow one, and from there to the store."""
        entry.uses += 1
        fallen = self.fast.add(entry)
        gone = self.slow.add(fallen) if fallen is not None else None
        if gone is not None:
            self._write_back(gone)

    def _write_back(self, entry: Entry) -> None:
        if entry.dirty:
            self.store[entry.key] = entry.value
            self.written.append(entry.key)
            entry.dirty = False
