"""Doing nothing earns no goal, and every ticket has one. Three kinds of each family are looked at, others every day."""

from datetime import date

import pytest
from linux_config_plays import draw, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.sandbox import SandboxBackend

EACH = 3
TODAY = date.today().toordinal()


def todays(family: str) -> list[str]:
    """Return three kinds of a family; after some days all had their turn."""
    kinds = [kind.name for kind in FAMILIES[family].kinds]
    return [kinds[(TODAY * EACH + number) % len(kinds)] for number in range(min(EACH, len(kinds)))]


CHOSEN = [(family, kind) for family in FAMILIES for kind in todays(family)]


@pytest.mark.parametrize(("family", "kind"), CHOSEN, ids=[f"{f}-{k}-seed{TODAY}" for f, k in CHOSEN])
def test_doing_nothing_earns_no_goal(family: str, kind: str, bubblewrap_backend: SandboxBackend) -> None:
    reward = solve(bubblewrap_backend, draw(family, kind, TODAY))
    goals = [component for component in reward.components if component.goal]
    assert goals
    assert [component.name for component in goals if component.value] == []
    assert [component.name for component in reward.components if not component.evidence] == []
    assert reward.value == 0.0
