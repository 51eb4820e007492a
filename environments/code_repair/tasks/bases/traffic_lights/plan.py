"""The plan by which the lights of a crossing change."""

from .clock import DAY, NIGHT_END

AMBER = 3
ALL_RED = 1


class PlanError(ValueError):
    """A plan by which the lights cannot work."""


class Plan:
    """Roads that have green one after the other.

    A cycle gives each road its green, `AMBER` seconds of amber, and then `ALL_RED` seconds in which all roads have red.
    The first cycle of a day begins when the night ends.
    """

    def __init__(self, greens: list[tuple[str, int]]) -> None:
        if not greens or any(green < 1 for _, green in greens):
            raise PlanError("a plan needs roads, each with at least one second of green")
        self.roads = [road for road, _ in greens]
        if len(set(self.roads)) < len(self.roads):
            raise PlanError("a road is named twice")
        self._greens = dict(greens)
        self._cycle = sum(green + AMBER + ALL_RED for _, green in greens)

    def colours(self, moment: int) -> dict[str, str]:
        """Return `green`, `amber` or `red` for each road at a time of the day."""
        colours = dict.fromkeys(self.roads, "red")
        second = (moment - NIGHT_END) % DAY % self._cycle
        for road, green in self._greens.items():
            if second < green:
                colours[road] = "green"
            elif second < green + AMBER:
                colours[road] = "amber"
            second -= green + AMBER + ALL_RED
            if second < 0:
                break
        return colours


def read_plan(text: str) -> Plan:
    """Return the plan of a text such as `north 20, west 15`: roads and their seconds of green, in order.

    Raises:
        PlanError: the text has another form, names a road twice, or has a green below 1.
    """
    greens = []
    for part in text.split(","):
        road, _, seconds = part.strip().partition(" ")
        try:
            greens.append((road, int(seconds)))
        except ValueError as error:
            raise PlanError(f"not a road and its seconds: {part!r}") from error
    return Plan(greens)
