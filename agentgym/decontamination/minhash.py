"""MinHash and banding: finding the few sets that could be alike without comparing every pair.

The share of equal numbers in two signatures is an estimate of the sets' Jaccard similarity (Broder, *On the resemblance
and containment of documents*, 1997). Signatures are cut into bands; two sets are candidates when a whole band is equal.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Set
from functools import lru_cache

Signature = tuple[int, ...]

SEED = b"agentgym shingles 1 "
NUMBERS = 120
# Bands have as many rows as they can while a pair at the threshold is overlooked at most this often.
MOST_OVERLOOKED = 1e-4


def signature_of(shingles: Set[str]) -> Signature:
    """Return the MinHash signature of a set that is not empty; the same one in every process."""
    return tuple(map(min, *(_hashes(shingle) for shingle in shingles), _LARGEST))


def rows_for(threshold: float) -> int:
    """Return how many numbers make a band, so that pairs at the threshold and above are found."""
    fitting = [rows for rows in range(1, NUMBERS + 1) if overlooked(threshold, rows) <= MOST_OVERLOOKED]
    return max(fitting, default=1)


def overlooked(similarity: float, rows: int) -> float:
    """Return how likely it is that no band of two sets of this similarity is equal."""
    return float((1 - similarity**rows) ** (NUMBERS // rows))


def bands(signature: Signature, rows: int) -> list[tuple[int, Signature]]:
    """Return the bands of a signature, each with its number."""
    return [(band, signature[band * rows : (band + 1) * rows]) for band in range(NUMBERS // rows)]


# Nothing is larger: it makes `map` have two arguments also for a set of one.
_LARGEST = array("I", [0xFFFFFFFF] * NUMBERS)


@lru_cache(maxsize=1 << 15)
def _hashes(shingle: str) -> array[int]:
    """Return one hash of a shingle for each number of a signature."""
    hashes = array("I")
    hashes.frombytes(hashlib.shake_128(SEED + shingle.encode()).digest(NUMBERS * hashes.itemsize))
    return hashes
