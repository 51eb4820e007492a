"""Part D: a paragraph of an exact number of words on given facts, with rules for its marks."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue

from agentgym.environments.json_math.constraints import constraint
from agentgym.environments.json_math.constraints.languages import NAMES
from agentgym.environments.json_math.constraints.units import words
from agentgym.environments.json_math.problem import Problem, text
from agentgym.environments.json_math.prose import events
from agentgym.environments.json_math.prose.composing import NoText, satisfying
from agentgym.environments.json_math.prose.events import Event

AVOIDED: Mapping[str, Sequence[str]] = {
    "en": ("which", "very", "also", "more", "now", "today", "always"),
    "es": ("que", "muy", "también", "más", "ahora", "hoy", "siempre"),
}


@dataclass(frozen=True)
class Paragraph:
    """A paragraph to be written.

    Attributes:
        event: what it tells.
        language: of the paragraph, one of `constraints.languages.NAMES`.
        words: how many.
        sentences: how many.
        marks: how many of each of some marks.
        avoided: words that may not stand in it.
    """

    event: Event
    language: str
    words: int
    sentences: int
    marks: tuple[tuple[str, int], ...]
    avoided: tuple[str, ...]

    def constraints(self) -> list[dict[str, JsonValue]]:
        """Return what the paragraph must keep, as data."""
        facts: list[JsonValue] = [self.event.person, self.event.place, str(self.event.number), str(self.event.year)]
        return [
            constraint("language", language=self.language),
            constraint("words", exactly=self.words),
            constraint("sentences", exactly=self.sentences),
            constraint("lines", exactly=1),
            constraint("punctuation", marks=dict(self.marks)),
            constraint("ending", mark="."),
            constraint("required", phrases=facts, once=True),
            constraint("forbidden", phrases=list(self.avoided)),
        ]

    def gold(self) -> str:
        """Return a paragraph that keeps them all, the same every time.

        Raises:
            NoText: none was found.
        """
        if self == V1:
            return V1_GOLD
        return satisfying(
            self.constraints(), self.language, random.Random(self.words), cores=self.event.clauses(self.language)
        )

    def problem(self, rng: random.Random) -> Problem:
        """Return the problem; nothing in it is drawn."""
        statement = (
            f"Write one paragraph in {NAMES[self.language]} on this event. Details of your own may be added, if they "
            f"fit the facts.\n{self.event.facts()}"
        )
        paragraph = text(
            "paragraph", "the paragraph", self.gold(), language=self.language, constraints=self.constraints()
        )
        return Problem(statement, [paragraph])


V1 = Paragraph(
    event=Event("observatory", "Inês Valadares", "Aveiro", 838, 1772),
    language="pt",
    words=47,
    sentences=3,
    marks=((",", 6), (";", 1), (":", 1), ("!", 0)),
    avoided=("que", "muito", "também"),
)
V1_GOLD = (
    "Inês Valadares abriu, numa noite fria de março, o observatório de Aveiro; vieram 838 visitantes, quase todos com "
    "crianças pela mão. A torre, erguida em 1772, guarda três coisas: uma luneta de latão, um relógio e mapas. Quem "
    "subiu até o alto viu Saturno pela primeira vez."
)


def draw(rng: random.Random, *, small: bool) -> Paragraph:
    """Draw a paragraph that the vocabulary can give; the topics that json-math holds out are none of it."""
    while True:
        language = rng.choice(list(AVOIDED))
        event = events.draw(rng, held_out=False)
        least = sum(len(words(clause)) for clause in event.clauses(language))
        drawn = Paragraph(
            event,
            language,
            words=least + rng.randint(12, 32),
            sentences=rng.randint(4, 6),
            marks=((",", rng.randint(1, 4)), (";", rng.randint(0, 1)), *(((":", 0),) if rng.random() < 0.5 else ())),
            avoided=tuple(rng.sample(AVOIDED[language], rng.randint(2, 4))),
        )
        with suppress(NoText):
            drawn.gold()
            return drawn
