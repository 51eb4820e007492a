"""What has to be there before what."""

from .rules import BuildError


class CycleError(BuildError):
    """A target that needs itself.

    Attributes:
        path: from the target over what it needs back to itself.
    """

    def __init__(self, path: list[str]) -> None:
        super().__init__(" needs ".join(path))
        self.path = path


class Graph:
    """Targets and their sources."""

    def __init__(self, rules: dict[str, list[str]]) -> None:
        self._rules = rules

    def order(self, goals: list[str]) -> list[str]:
        """Return the goals and all they need, each once and behind what it needs itself, as the rules list it.

        Raises:
            CycleError: one of them needs itself.
        """
        done: dict[str, None] = {}
        for goal in goals:
            self._visit(goal, [], done)
        return list(done)

    def sources(self, target: str) -> list[str]:
        """Return what a target is directly made of; nothing for a file without a rule."""
        return self._rules.get(target, [])

    def _visit(self, target: str, path: list[str], done: dict[str, None]) -> None:
        if target in done:
            return
        if target in path:
            raise CycleError([*path[path.index(target) :], target])
        for source in self.sources(target):
            self._visit(source, [*path, target], done)
        done[target] = None
