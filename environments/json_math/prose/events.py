"""Small events to write about, with the facts that a text must mention and clauses that tell them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from agentgym.environments.json_math.prose.topics import FACTS, HELD_OUT_TOPICS, TOPICS

FIRST_NAMES = (
    "Marta Tomás Helena Bruno Clara Diego Elisa Hugo Irene Jonas Laura Mateus Nora Oscar Paula Ramiro Silvia Teresa "
    "Victor Alice Bento Carmen Daniel Emilia"
)
LAST_NAMES = (
    "Ribeiro Salgado Moreno Quintana Prado Almeida Bishop Carter Duarte Escobar Farias Gomes Hudson Iglesias Jardim "
    "Lacerda Murphy Navarro Osborne Peixoto Reyes Serrano Tavares Walker"
)
PLACES = (
    "Coimbra|Braga|Viseu|Évora|Curitiba|Olinda|São Carlos|Granada|Córdoba|Mérida|Salta|Cusco|Quito|Santa Fe|Toledo|"
    "Bergen|Oslo|Lund|Leeds|York|Galway|Cardiff|Boston|Denver"
)


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        topic: a key of `TOPICS`.
        person: first and last name.
        place: a town whose name is the same in all three languages.
        number: how many.
        year: when it began.
    """

    topic: str
    person: str
    place: str
    number: int
    year: int

    def facts(self) -> str:
        """Return what is known of it, one fact a line."""
        what, how_many, since = FACTS[self.topic]
        return f"Who: {self.person}\nWhat: {what}\nWhere: {self.place}\n{how_many}: {self.number}\n{since}: {self.year}"

    def clauses(self, language: str) -> Sequence[str]:
        """Return three clauses that tell it all: who and where, how many, since when."""
        told = TOPICS[self.topic][language]
        return [self._filled(clause) for clause in (told.lead, told.number, told.year)]

    def title(self, language: str) -> str:
        """Return a title, without a mark at its end."""
        return self._filled(TOPICS[self.topic][language].title)

    def _filled(self, clause: str) -> str:
        return clause.format(person=self.person, place=self.place, number=self.number, year=self.year)


def draw(rng: random.Random, *, held_out: bool) -> Event:
    """Draw an event; two of the topics are held out."""
    return Event(
        topic=rng.choice([topic for topic in TOPICS if (topic in HELD_OUT_TOPICS) == held_out]),
        person=f"{rng.choice(FIRST_NAMES.split())} {rng.choice(LAST_NAMES.split())}",
        place=rng.choice(PLACES.split("|")),
        number=rng.randint(21, 989),
        year=rng.randint(1921, 2019),
    )
