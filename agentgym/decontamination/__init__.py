"""Finding programs that are nearly the same: what is served must not be what users evaluate on.

Programs are compared by the shape of their code. Names, the values of constants, docstrings, comments, type hints and
the order of functions do not count, so a copy whose names were changed is still found.
"""

from agentgym.decontamination.nearest import THRESHOLD, Comparison, Match, Place, near_duplicates, nearest
from agentgym.decontamination.reading import Program, Unreadable, read_folder
from agentgym.decontamination.shingles import LEAST_SHINGLES, jaccard, units_of

__all__ = [
    "LEAST_SHINGLES",
    "THRESHOLD",
    "Comparison",
    "Match",
    "Place",
    "Program",
    "Unreadable",
    "jaccard",
    "near_duplicates",
    "nearest",
    "read_folder",
    "units_of",
]
