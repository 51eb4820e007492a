"""How different two words are."""

EDIT = 2
SWAP = 2
SIMILAR = 1
VOWELS = frozenset("aeiouy")


def replacement_cost(left: str, right: str) -> int:
    """Return what it costs to take one letter for another; vowels are mixed up easily."""
    if left == right:
        return 0
    return SIMILAR if left in VOWELS and right in VOWELS else EDIT


def distance(left: str, right: str) -> int:
    """Return the least cost of edits that turn one word into another.

    To insert, to drop or to replace a letter, and to swap two adjacent letters, costs 2; to replace a vowel by another
    one costs 1. Letters that have been swapped are not edited again.
    """
    known: dict[tuple[int, int], int] = {}

    def rest(i: int, j: int) -> int:
        """Return the cost of turning what comes from position i on into what comes from position j on."""
        if i == len(left) or j == len(right):
            return EDIT * (len(left) - i + len(right) - j)
        if (i, j) not in known:
            costs = [rest(i + 1, j) + EDIT, rest(i, j + 1) + EDIT]
            costs.append(rest(i + 1, j + 1) + replacement_cost(left[i], right[j]))
            if left[i : i + 2] == right[j : j + 2][::-1] and len(left[i : i + 2]) == 2:
                costs.append(rest(i + 2, j + 2) + SWAP)
            known[i, j] = min(costs)
        return known[i, j]

    return rest(0, 0)
