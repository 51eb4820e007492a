"""One JSON document in its many writings, and texts that are nearly one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from pydantic import JsonValue

SPACES = ("", "", " ", "  ", "\n", "\t", "\r\n", "\n    ")
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
Parts = Mapping[str, JsonValue]


def written(document: Parts, rng: random.Random) -> str:
    """Return the text of a document, its keys in any order, spaced and escaped as chance will have it."""
    keys = list(document)
    rng.shuffle(keys)
    shuffled = {key: document[key] for key in keys}
    match rng.randrange(4):
        case 0:
            return json.dumps(shuffled, indent=rng.choice([None, 1, 2, 4]), ensure_ascii=rng.random() < 0.5)
        case 1:
            return json.dumps(shuffled, separators=(",", ":"))
        case _:
            writer = _Writer(rng, spaces=rng.random() < 0.7, escapes=rng.choice([0.0, 0.05, 0.5]))
            return writer.space() + writer.value(shuffled) + writer.space()


class _Writer:
    """Writes values; `escapes` is how often a character is written as an escape though it need not be."""

    def __init__(self, rng: random.Random, *, spaces: bool, escapes: float) -> None:
        self.rng = rng
        self.spaces = spaces
        self.escapes = escapes

    def space(self) -> str:
        return self.rng.choice(SPACES) if self.spaces else ""

    def value(self, value: JsonValue) -> str:
        match value:
            case str():
                return self.string(value)
            case list():
                return f"[{self.joined([self.value(item) for item in value])}]"
            case dict():
                members = [
                    f"{self.string(key)}{self.space()}:{self.space()}{self.value(item)}" for key, item in value.items()
                ]
                return f"{{{self.joined(members)}}}"
            case _:
                return json.dumps(value)

    def joined(self, items: list[str]) -> str:
        return self.space() + f"{self.space()},{self.space()}".join(items) + self.space()

    def string(self, text: str) -> str:
        return f'"{"".join(map(self.character, text))}"'

    def character(self, character: str) -> str:
        if character == "/" and self.rng.random() < 0.3:
            return "\\/"
        must = character < " " or character in '"\\'
        if not must and self.rng.random() >= self.escapes:
            return character
        if character in SHORT_ESCAPES and self.rng.random() < 0.8:
            return SHORT_ESCAPES[character]
        data = character.encode("utf-16-be")
        codes = [data[i : i + 2].hex() for i in range(0, len(data), 2)]
        return "".join("\\u" + (code.upper() if self.rng.random() < 0.5 else code) for code in codes)


Break = Callable[[Parts, str, random.Random], str]


def twice(document: Parts, text: str, rng: random.Random) -> str:
    """Give a key once more."""
    key = rng.choice(list(document))
    member = f"{json.dumps(key)}: {json.dumps(rng.choice([document[key], 0, None]))}"
    return f"{text.rstrip()[:-1]}, {member}}}" if rng.random() < 0.5 else f"{{{member}, {text.lstrip()[1:]}"


def extra(document: Parts, text: str, rng: random.Random) -> str:
    """Add a key that nobody asked for."""
    key = rng.choice(["explanation", "note", "answer2", "confidence", "", "$schema"])
    return json.dumps({**document, key: rng.choice(["see above", 1, None, [], True])})


def missing(document: Parts, text: str, rng: random.Random) -> str:
    """Leave a key out."""
    left_out = rng.choice(list(document))
    return json.dumps({key: value for key, value in document.items() if key != left_out})


def renamed(document: Parts, text: str, rng: random.Random) -> str:
    """Misspell a key."""
    key = rng.choice(list(document))
    name = rng.choice([key.upper(), f"{key} ", f" {key}", f"{key}s", key.title(), f"the_{key}"])
    return json.dumps({name if k == key else k: value for k, value in document.items()})


def fenced(document: Parts, text: str, rng: random.Random) -> str:
    """Put it in a code block."""
    return rng.choice([f"```json\n{text}\n```", f"```\n{text}\n```", f"{text}\n```", f"~~~\n{text}\n~~~"])


def wordy(document: Parts, text: str, rng: random.Random) -> str:
    """Say something around it."""
    before = rng.choice(["The answer is ", "Answer: ", "Sure!\n", "json\n", "<answer>"])
    after = rng.choice([" I am sure.", "\nThis can be checked by hand.", ".", ";", " or so", "</answer>"])
    return rng.choice([before + text, text + after, before + text + after])


def repeated(document: Parts, text: str, rng: random.Random) -> str:
    """Give several documents."""
    return rng.choice(
        [f"{text}{text}", f"{text}\n{text}", f"[{text}]", f"[{text}, {text}]", f"{text} or {text}", f"{text},{text}"]
    )


def wrapped(document: Parts, text: str, rng: random.Random) -> str:
    """Put it inside another value."""
    key = rng.choice(["answer", "result", "output", *document])
    return rng.choice([f"{{{json.dumps(key)}: {text}}}", json.dumps(text), f"[{text}]"])


def commented(document: Parts, text: str, rng: random.Random) -> str:
    """Leave a comment."""
    inner = text.strip()[1:]
    return rng.choice([f"// exact\n{text}", f"{text} # exact", f"{{/* exact */{inner}", f"{text} /* exact */"])


def loose(document: Parts, text: str, rng: random.Random) -> str:
    """Write it as JavaScript or Python would also take it."""
    plain = json.dumps(document)
    key = json.dumps(rng.choice(list(document)))
    forms = [
        f"{text.rstrip()[:-1]},}}",
        f"{text.rstrip()[:-1]}, }}",
        plain.replace(key, f"'{key[1:-1]}'"),
        plain.replace(key, key[1:-1], 1),
        plain.replace('"', "\u201d"),
        plain.replace(f"{key}:", f"{key} ="),
    ]
    return rng.choice(forms)


def truncated(document: Parts, text: str, rng: random.Random) -> str:
    """Lose a bracket, or have one too many."""
    bare = text.strip()
    return rng.choice([bare[:-1], bare[1:], f"{bare}}}", f"{{{bare}", bare[: rng.randrange(len(bare))]])


def unseen(document: Parts, text: str, rng: random.Random) -> str:
    """Slip in a character that does not show."""
    character = rng.choice(["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u00a0", "\u2028", "\0"])
    place = rng.choice([0, len(text), text.index("{") + 1, text.index(":") + 1])
    return text[:place] + character + text[place:]


def full_width(document: Parts, text: str, rng: random.Random) -> str:
    """Take digits or quotes of another script."""
    plain = json.dumps(document)
    places = [i for i, character in enumerate(plain) if character in '0123456789"']
    place = rng.choice(places)
    new = "\uff02" if plain[place] == '"' else chr(rng.choice([0xFF10, 0x0660, 0x0966]) + int(plain[place]))
    return plain[:place] + new + plain[place + 1 :]


def invented(document: Parts, text: str, rng: random.Random) -> str:
    """Put what is no value in the place of one."""
    key = rng.choice(list(document))
    value = rng.choice(
        ["NaN", "Infinity", "-Infinity", "undefined", "None", "True", "...", "null", "{}", "[]", "1e999"]
    )
    return (
        "{" + ", ".join(f"{json.dumps(k)}: {value if k == key else json.dumps(v)}" for k, v in document.items()) + "}"
    )


def nothing(document: Parts, text: str, rng: random.Random) -> str:
    """Give no document, or an empty one."""
    return rng.choice(["", " \n", "{}", "[]", "null", "true", '""', "{", "838"])


BREAKS: Mapping[str, Break] = {
    "key twice": twice,
    "extra key": extra,
    "missing key": missing,
    "misspelt key": renamed,
    "fence": fenced,
    "text around": wordy,
    "several documents": repeated,
    "wrapped": wrapped,
    "comment": commented,
    "loose syntax": loose,
    "bracket lost": truncated,
    "invisible character": unseen,
    "other script": full_width,
    "no value": invented,
    "nothing": nothing,
}
