"""The kinds of constraints by name, and the definitions that they need."""

from __future__ import annotations

from collections.abc import Mapping

from agentgym.environments.json_math.constraints import languages, units
from agentgym.environments.json_math.constraints.amounts import Amount, Lines, Longest
from agentgym.environments.json_math.constraints.kind import Kind
from agentgym.environments.json_math.constraints.wording import (
    Ending,
    ForbiddenCharacters,
    Language,
    Phrases,
    Punctuation,
)

# An unknown kind is a fault of the verifier, never a pass.
KINDS: Mapping[str, Kind] = {
    "words": Amount("word", lambda text: len(units.words(text))),
    "sentences": Amount("sentence", lambda text: len(units.sentences(text))),
    "lines": Lines("line", lambda text: len(units.lines(text))),
    "characters": Longest("", lambda text, _: [units.normal(text)], ("character",)),
    "line_characters": Longest("line", lambda text, _: units.lines(text), ("line", "character")),
    "word_characters": Longest("word", lambda text, _: units.words(text), ("word", "character")),
    "names": Longest("name", units.names, ("name",), takes_keywords=True),
    "punctuation": Punctuation(),
    "ending": Ending(),
    "forbidden_characters": ForbiddenCharacters(),
    "language": Language(),
    "required": Phrases(wanted=True),
    "forbidden": Phrases(wanted=False),
}
DEFINITIONS: Mapping[str, str] = {
    "word": units.WORD,
    "sentence": units.SENTENCE,
    "line": units.LINE,
    "character": units.CHARACTER,
    "name": units.NAME,
    "mark": units.MARK,
    "phrase": units.PHRASE,
    "language": languages.LANGUAGE,
}
