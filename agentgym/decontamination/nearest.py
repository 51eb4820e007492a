"""Which programs are nearly the same as others: candidates by MinHash, then the exact Jaccard similarity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from agentgym.decontamination.minhash import Signature, bands, rows_for, signature_of
from agentgym.decontamination.reading import Program, Unreadable
from agentgym.decontamination.shingles import Unit, jaccard, units_of

THRESHOLD = 0.6


class Place(NamedTuple):
    """A module or function of a program.

    Attributes:
        program: its name.
        function: empty for the whole module.
        line: where it begins in the program's text.
    """

    program: str
    function: str
    line: int

    def __str__(self) -> str:
        return f"{self.program}:{self.line} {self.function}".rstrip()


class Match(NamedTuple):
    """Two modules or functions that are nearly the same."""

    similarity: float
    ours: Place
    theirs: Place


class Count(NamedTuple):
    """What was compared of one side.

    Attributes:
        programs: how many could be read.
        functions: how many functions they have.
        tiny: modules and functions too small to be compared.
    """

    programs: int = 0
    functions: int = 0
    tiny: int = 0

    def and_of(self, units: list[Unit]) -> Count:
        """Return this count with one more program in it."""
        tiny = sum(unit.is_tiny for unit in units)
        return Count(self.programs + 1, self.functions + len(units) - 1, self.tiny + tiny)


@dataclass(frozen=True)
class Comparison:
    """What came of comparing programs with others.

    Attributes:
        matches: of each program with each other one the most similar modules or functions, worst first.
        ours: what was compared of the programs.
        theirs: what was compared of the others.
        unreadable: those of either side that could not be read, and why.
    """

    matches: list[Match]
    ours: Count
    theirs: Count
    unreadable: list[Unreadable] = field(default_factory=list)


def nearest(
    programs: Mapping[str, str], others: Iterable[Program | Unreadable], threshold: float = THRESHOLD
) -> Comparison:
    """Compare every module and function of `programs` with every one of `others`.

    Args:
        programs: text by name. All their shapes are held in memory.
        others: taken one after another and not kept, so there may be any number.
        threshold: the Jaccard similarity from which two shapes are nearly the same, above 0 and at most 1.
    """
    index = Index(threshold)
    ours, theirs = Count(), Count()
    found: dict[tuple[str, str], Match] = {}
    unreadable: list[Unreadable] = []
    for name, text in programs.items():
        units = _units(Program(name, text), unreadable)
        if units:
            ours = ours.and_of(units)
            index.add(name, units)
    for other in others:
        units = _units(other, unreadable)
        if units:
            theirs = theirs.and_of(units)
            _keep_worst(found, index.matches(other.name, units))
    return Comparison(_worst_first(found), ours, theirs, unreadable)


def near_duplicates(programs: Mapping[str, str], threshold: float = THRESHOLD) -> list[Match]:
    """Return the pairs of programs that are nearly the same, worst first, each pair once.

    Raises:
        ValueError: a program is no Python.
    """
    index = Index(threshold)
    found: dict[tuple[str, str], Match] = {}
    for name, text in programs.items():
        units = units_of(text)
        _keep_worst(found, index.matches(name, units))
        index.add(name, units)
    return _worst_first(found)


class Index:
    """Shapes that others can be compared with."""

    def __init__(self, threshold: float) -> None:
        """Make an empty index.

        Args:
            threshold: the least similarity to be found, above 0 and at most 1.
        """
        self._threshold = threshold
        self._rows = rows_for(threshold)
        self._entries: list[tuple[Place, Set[str]]] = []
        self._buckets: dict[tuple[int, Signature], list[int]] = defaultdict(list)
        self._known: set[str] = set()
        self._largest = 0

    def add(self, program: str, units: Iterable[Unit]) -> None:
        """Put the units of a program in; tiny ones are left out."""
        for unit in units:
            if not unit.is_tiny:
                for band in bands(signature_of(unit.shingles), self._rows):
                    self._buckets[band].append(len(self._entries))
                self._entries.append((Place(program, unit.name, unit.line), unit.shingles))
                self._known |= unit.shingles
                self._largest = max(self._largest, len(unit.shingles))

    def matches(self, program: str, units: Iterable[Unit]) -> Iterator[Match]:
        """Yield what of the index is nearly the same as a unit of a program."""
        for unit in units:
            if unit.is_tiny or not self._can_match(unit.shingles):
                continue
            theirs = Place(program, unit.name, unit.line)
            for candidate in self._candidates(unit):
                ours, shingles = self._entries[candidate]
                similarity = jaccard(shingles, unit.shingles)
                if similarity >= self._threshold:
                    yield Match(similarity, ours, theirs)

    def _can_match(self, shingles: Set[str]) -> bool:
        # What a set has in common with any of the index is known, and out of at least the set itself.
        most = min(self._largest, len(shingles & self._known))
        return most / len(shingles) >= self._threshold

    def _candidates(self, unit: Unit) -> set[int]:
        found: set[int] = set()
        for band in bands(signature_of(unit.shingles), self._rows):
            found.update(self._buckets.get(band, ()))
        return found


def _units(program: Program | Unreadable, unreadable: list[Unreadable]) -> list[Unit]:
    """Return a program's units; if it cannot be read, none, and put down why."""
    if isinstance(program, Unreadable):
        unreadable.append(program)
        return []
    try:
        return units_of(program.text)
    except ValueError as error:
        unreadable.append(Unreadable(program.name, str(error)))
        return []


def _keep_worst(found: dict[tuple[str, str], Match], matches: Iterable[Match]) -> None:
    for match in matches:
        pair = match.ours.program, match.theirs.program
        if pair not in found or match.similarity > found[pair].similarity:
            found[pair] = match


def _worst_first(found: Mapping[tuple[str, str], Match]) -> list[Match]:
    return sorted(found.values(), key=lambda match: (-match.similarity, match.ours, match.theirs))
