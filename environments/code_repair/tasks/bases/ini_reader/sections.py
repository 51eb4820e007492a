"""Sections of a settings file, their values still as they are written."""

import re

from .lines import SettingsError, logical_lines

HEADER = re.compile(r"\[\s*([\w.-]+)\s*\]")
SETTING = re.compile(r"([\w.-]+)\s*[=:]\s*(.*)")

Sections = dict[str, dict[str, str]]


def read_sections(text: str) -> Sections:
    """Return the settings of each section of one text, keys in lower case, in the order of their first appearance.

    Raises:
        SettingsError: a line is neither a header nor a setting, a setting is outside any section, or a key is given
            twice in a section.
    """
    sections: Sections = {}
    current: dict[str, str] | None = None
    for line in logical_lines(text):
        header = HEADER.fullmatch(line.text)
        if header:
            current = sections.setdefault(header[1], {})
            continue
        setting = SETTING.fullmatch(line.text)
        if setting is None:
            raise SettingsError(line.number, "neither a header nor a setting")
        if current is None:
            raise SettingsError(line.number, "a setting outside any section")
        key = setting[1].lower()
        if key in current:
            raise SettingsError(line.number, f"{key} is given twice")
        current[key] = setting[2]
    return sections


def overlay(lower: Sections, upper: Sections) -> Sections:
    """Return the settings of both, those of `upper` where both have one; neither argument is changed."""
    merged = {name: dict(settings) for name, settings in lower.items()}
    for name, settings in upper.items():
        merged.setdefault(name, {}).update(settings)
    return merged
