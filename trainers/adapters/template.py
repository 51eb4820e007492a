"""The chat template that is trained with: one that only ever appends, where the family has one."""

from __future__ import annotations

from importlib.resources import files

from agentgym.models import Template

_TRAINING = "_training"


def append_only(own: str, known: Template) -> str:
    """Return the template to render with, in place of a tokenizer's own.

    Args:
        own: the tokenizer's.
        known: what the profile says of the family's templates. Where it lists that a published one takes reasoning out
            of earlier answers, and that is the tokenizer's to the letter, TRL's training variant of it is returned.
            Any other template is the caller's choice, and returned as it is.
    """
    if not any(difference.startswith("fork:") for difference in known.differences):
        return own
    for name in known.trl:
        if name + _TRAINING in known.trl and _shipped(name).strip() == own.strip():
            return _shipped(name + _TRAINING)
    return own


def _shipped(name: str) -> str:
    return files("trl").joinpath("chat_templates", f"{name}.jinja").read_text(encoding="utf-8")
