"""Upper and lower case."""


def like(model: str, word: str) -> str:
    """Return a word in the case of another one: all capitals (if there are several), a capital first, or none."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    if model[:1].isupper():
        return word[:1].upper() + word[1:]
    return word
