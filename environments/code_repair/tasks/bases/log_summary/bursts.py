"""Bursts: times at which much happens."""


def find_bursts(seconds: list[int], longest_gap: int, fewest: int) -> list[list[int]]:
    """Return [first, last, count] of all bursts, in order.

    Args:
        seconds: when something happens, ascending.
        longest_gap: between two neighbours in a burst.
        fewest: how many there must be in a burst.
    """
    bursts: list[list[int]] = []
    for second in seconds:
        if bursts and second - bursts[-1][1] <= longest_gap:
            bursts[-1][1] = second
            bursts[-1][2] += 1
        else:
            bursts.append([second, second, 1])
    return [burst for burst in bursts if burst[2] >= fewest]
