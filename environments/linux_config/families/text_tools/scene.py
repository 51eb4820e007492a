"""The program that a ticket about text is about, the user who runs it, and the rules that hold for all of them."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import NOUNS, PEOPLE, SERVICES, VERBS
from agentgym.environments.linux_config.state import StartingState

SCRIPT_MODE = 0o755


class Scene:
    """One program below /usr/local/bin.

    Attributes:
        user: who runs it.
        name: of the program.
        program: its path.
        folder: of the samples that the ticket mentions.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.user = self.state.user(rng.choice(PEOPLE))
        self.service = rng.choice(SERVICES)
        self.name = f"{self.service}-{rng.choice(VERBS)}"
        self.program = f"/usr/local/bin/{self.name}"
        self.folder = self.state.directory(f"/srv/{self.service}/{rng.choice(NOUNS)}")
        self.programs = [self.program]
        self.stays: dict[str, str] = {}
        self.path: list[str] = []

    def installs(self, text: str, path: str = "") -> None:
        """Add a program of root's, the ticket's own unless a path is named."""
        self.state.file(path or self.program, text, SCRIPT_MODE)

    def sample(self, name: str, data: bytes) -> str:
        """Add a file that can be seen, and return its path."""
        return self.state.file(f"{self.folder}/{name}", data.decode())

    def draft(self, report: str, prompt: str, *gold: str, roots: tuple[str, ...] = (), **params: Any) -> Draft:
        """Return the task.

        Args:
            report: which of the reports makes the hidden inputs.
            prompt: the ticket.
            gold: commands.
            roots: what is carried in place of the programs.
            params: what the report needs to know.
        """
        plan = {
            "probe": {"user": self.user, "path": self.path},
            "report": report,
            "params": params,
            "program": self.program,
            "programs": self.programs,
            "stays": self.stays,
            "folder": self.folder,
        }
        names = " and ".join(self.programs)
        ending = (
            f"The user {self.user} runs {names}, from any folder and on files and folders with any names; nobody but "
            "root may be able to change what is run. Print nothing but what is asked for, change no files and "
            "leave none behind, and end with status 0 unless the ticket says otherwise. Every line of the logs "
            "ends with a newline unless the ticket says otherwise, and logs may be empty, long, or hold odd characters."
        )
        return Draft(f"{prompt} {ending}", self.state, gold, plan, roots or tuple(self.programs))
