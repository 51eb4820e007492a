"""Parts of queries, and which documents match them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from .index import Index, Places


class Query(ABC):
    """A query, or part of one."""

    @abstractmethod
    def matches(self, index: Index) -> set[int]:
        """Return the numbers of the documents that match."""

    @abstractmethod
    def terms(self) -> list["Term"]:
        """Return all terms that documents should have, in order."""


class Term(Query):
    """A part that has its places in documents."""

    @abstractmethod
    def places(self, index: Index) -> Places:
        """Return by document the positions of all words that belong to the term."""

    def matches(self, index: Index) -> set[int]:
        """Return the numbers of the documents in which the term is."""
        return set(self.places(index))

    def terms(self) -> list["Term"]:
        """Return the term itself."""
        return [self]


@dataclass(frozen=True)
class Phrase(Term):
    """Words with these stems, one after another."""

    stems: tuple[str, ...]

    def places(self, index: Index) -> Places:
        """Return where the phrase is."""
        return index.find(self.stems)


@dataclass(frozen=True)
class Prefix(Term):
    """Words whose stem begins in a way."""

    start: str

    def places(self, index: Index) -> Places:
        """Return where such words are."""
        return index.find_prefix(self.start)


@dataclass(frozen=True)
class Without(Query):
    """Documents that do not match something."""

    part: Query

    def matches(self, index: Index) -> set[int]:
        """Return the documents that do not match."""
        return set(range(len(index.documents))) - self.part.matches(index)

    def terms(self) -> list[Term]:
        """Return nothing, since the terms are not wanted."""
        return []


@dataclass(frozen=True)
class Combined(Query):
    """Documents that match all parts, or any of them."""

    parts: tuple[Query, ...]
    needs_all: bool

    def matches(self, index: Index) -> set[int]:
        """Return the documents that match."""
        first, *others = [part.matches(index) for part in self.parts]
        return first.intersection(*others) if self.needs_all else first.union(*others)

    def terms(self) -> list[Term]:
        """Return the terms of all parts."""
        return [term for part in self.parts for term in part.terms()]
