"""The tiers that regular customers reach."""

TIERS = (("bronze", 0, 100), ("silver", 500, 125), ("gold", 2_000, 150))


def tier_of(points: int) -> str:
    """Return the name of the highest tier that is reached with so many points in a year."""
    return next(name for name, needed, _ in reversed(TIERS) if points >= needed)


def missing(points: int) -> int | None:
    """Return how many points more a year the next tier takes, or None if there is none."""
    wanted = [needed for _, needed, _ in TIERS if needed > points]
    return min(wanted) - points if wanted else None


def points_for(cents: int, tier: str) -> int:
    """Return the points for a purchase: one for each full 100 cents, times the tier's percentage, rounded down.

    Raises:
        KeyError: there is no such tier.
    """
    percent = {name: percent for name, _, percent in TIERS}[tier]
    return cents // 100 * percent // 100
