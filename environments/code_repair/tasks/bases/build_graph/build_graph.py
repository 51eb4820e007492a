"""What has to be built again after a change."""

from .graph import Graph
from .rules import BuildError, read_rules


class MissingFile(BuildError):
    """A file that is needed, is not there, and has no rule."""


def plan(text: str, times: dict[str, int], goals: list[str] | None = None) -> list[str]:
    """Return the targets to build, in an order in which each is behind all that it needs.

    A target has to be built if it is not there, if a source is newer than it, or if a source has to be built. The order
    is that of the goals; before each, what it needs, in the order of its rule.

    Args:
        text: the build file, as `read_rules` takes it.
        times: when each file that is there was changed.
        goals: what shall be there; the first target of the file if there are none.

    Raises:
        BuildError: the build file is not valid, or there is no goal.
        CycleError: a needed target needs itself.
        MissingFile: a needed file is not there and has no rule.
    """
    rules = read_rules(text)
    wanted = goals or list(rules)[:1]
    if not wanted:
        raise BuildError("there is nothing to build")
    graph = Graph(rules)
    stale: list[str] = []
    for file in graph.order(wanted):
        if file not in rules:
            if file not in times:
                raise MissingFile(file)
            continue
        sources = graph.sources(file)
        if file not in times or any(source in stale or times[source] > times[file] for source in sources):
            stale.append(file)
    return stale


def affected(text: str, changed: list[str]) -> list[str]:
    """Return all targets of a build file that directly or indirectly need one of the changed files, sorted.

    A changed file itself is in the result only if it needs a changed one.

    Raises:
        BuildError: the build file is not valid.
    """
    rules = read_rules(text)
    found: set[str] = set()
    size = -1
    while len(found) > size:
        size = len(found)
        for target, sources in rules.items():
            if any(source in changed or source in found for source in sources):
                found.add(target)
    return sorted(found)


def levels(text: str) -> list[list[str]]:
    """Return groups of targets that can be built at once: each needs only files and targets of groups before.

    Every target is in the first group possible; groups are sorted.

    Raises:
        BuildError: the build file is not valid.
        CycleError: a target needs itself.
    """
    rules = read_rules(text)
    graph = Graph(rules)
    depths: dict[str, int] = {}
    for file in graph.order(list(rules)):
        depths[file] = 1 + max((depths[source] for source in graph.sources(file)), default=0) if file in rules else 0
    groups: list[list[str]] = [[] for _ in range(max(depths.values(), default=0))]
    for target in sorted(rules):
        groups[depths[target] - 1].append(target)
    return groups
