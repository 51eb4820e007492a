"""Parts of queries, and which documents match them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from .index import Index


class Query(ABC):
    """A query, or part of one."""

    @abstractmethod
    def matches(self, index: Index) -> set[int]:
        """Return the numbers of the documents that match."""

    def phrases(self) -> list["Phrase"]:
        """Return all phrases that documents should have, in order."""
        return []


@dataclass(frozen=True)
class Phrase(Query):
    """Words with these stems, one after another."""

    stems: tuple[str, ...]

    def matches(self, index: Index) -> set[int]:
        """Return the documents in which the phrase is."""
        return set(index.find(self.stems))

    def phrases(self) -> list["Phrase"]:
        """Return the phrase itself."""
        return [self]


@dataclass(frozen=True)
class Without(Query):
    """Documents that do not match something."""

    part: Query

    def matches(self, index: Index) -> set[int]:
        """Return the documents that do not match."""
        return set(range(len(index.documents))) - self.part.matches(index)


@dataclass(frozen=True)
class Combined(Query):
    """Documents that match all parts, or any of them."""

    parts: tuple[Query, ...]
    needs_all: bool

    def matches(self, index: Index) -> set[int]:
        """Return the documents that match."""
        first, *others = [part.matches(index) for part in self.parts]
        return first.intersection(*others) if self.needs_all else first.union(*others)

    def phrases(self) -> list[Phrase]:
        """Return the phrases of all parts."""
        return [phrase for part in self.parts for phrase in part.phrases()]
