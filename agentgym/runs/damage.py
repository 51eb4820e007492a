"""Lines of a run that were passed over, told in a few sentences however many they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agentgym.rollout.store import CUT_OFF, DamagedLine

MOST_NUMBERS = 5


class Damage:
    """What was passed over as a run was read; reading it again adds nothing."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing; files are named as seen from the folder."""
        self._folder = folder
        self._lines: dict[tuple[Path, str], set[int]] = {}

    def note(self, line: DamagedLine) -> None:
        """Keep one line."""
        self._lines.setdefault((line.path, line.why), set()).add(line.number)

    def sentences(self) -> list[str]:
        """Return a sentence for each file and each thing that is the matter with lines of it."""
        return [self._sentence(path, why, sorted(numbers)) for (path, why), numbers in self._lines.items()]

    def _sentence(self, path: Path, why: str, numbers: Sequence[int]) -> str:
        name = path.relative_to(self._folder) if path.is_relative_to(self._folder) else path
        if why == CUT_OFF:
            return f"the last line of {name} was passed over: {why}"
        if len(numbers) == 1:
            return f"line {numbers[0]} of {name} was passed over: {why}"
        some = ", ".join(map(str, numbers[:MOST_NUMBERS])) + (", …" if len(numbers) > MOST_NUMBERS else "")
        return f"{len(numbers):,} lines of {name} ({some}) were passed over, for each of them: {why}"
