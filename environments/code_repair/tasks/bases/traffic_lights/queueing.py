"""Cars that stand in line before a crossing."""

from collections.abc import Callable

HEADWAY = 2


def leave_one_by_one(arrivals: list[int], may_go: Callable[[int, int], bool]) -> list[int]:
    """Return when each car of one road crosses, in the order of the arrivals given.

    Cars cross in the order in which they come, those that come at once in the order given, each at least `HEADWAY`
    seconds after the one before it, and as soon as it may go.

    Args:
        arrivals: when the cars come, in any order.
        may_go: tells for a moment, and for how long a car has been there, whether that car may cross.
    """
    crossings = [0] * len(arrivals)
    free_from = 0
    for position in sorted(range(len(arrivals)), key=lambda position: arrivals[position]):
        moment = max(arrivals[position], free_from)
        while not may_go(moment, moment - arrivals[position]):
            moment += 1
        crossings[position] = moment
        free_from = moment + HEADWAY
    return crossings
