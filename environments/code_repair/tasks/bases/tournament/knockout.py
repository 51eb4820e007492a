"""Who meets whom in the first round of a knockout."""


def seeds(size: int) -> list[int]:
    """Return the seeds 1 to size, a power of 2, in the order in which they stand in a bracket.

    Neighbours meet; if always the better one wins, the sum of the seeds of both is the same within each round.
    """
    order = [1]
    while len(order) < size:
        total = 2 * len(order) + 1
        order = [seed for better in order for seed in (better, total - better)]
    return order


def bracket(teams: list[str]) -> list[list[str | None]]:
    """Return the pairs of the first round for at least two teams, the best first.

    Up to the next power of 2 there are no teams: whoever would meet one of those has None as opponent.
    """
    size = 1
    while size < len(teams):
        size *= 2
    places = [teams[seed - 1] if seed <= len(teams) else None for seed in seeds(size)]
    return [places[start : start + 2] for start in range(0, size, 2)]
