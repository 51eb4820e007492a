"""The service whose folder a ticket about backups saves, the steps that try the script, and what must come of them."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import NOUNS, SERVICES
from agentgym.environments.linux_config.state import StartingState

SCRIPT_MODE = 0o755


class Scene:
    """One service with a folder to save, a place for backups, and a folder beside that nothing may touch.

    Attributes:
        service: its name, and that of the user who runs everything.
        source: the folder that is saved, the user's.
        dest: where backups are kept, the user's.
        aside: a folder of the user's that the ticket does not concern.
        script: the path of the backup script, root's.
        owners: who else than root may own a carried file, by its path.
        confined: whether the ticket says where alone the scripts may write.
        runs: the labels of those before and after which the source is looked at.
        checks: what must come of the steps, in the order in which it is told.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self.service, self.other = rng.sample(SERVICES, 2)
        self.nouns = rng.sample(NOUNS, 6)
        self.user = self.state.user(self.service)
        base = self.state.directory(f"/srv/{self.service}")
        self.source = self.folder(f"{base}/{rng.choice(('data', 'files', 'store', 'content'))}")
        self.aside = self.folder(f"{base}/{self.nouns[0]}")
        self.dest = self.folder(f"/srv/{rng.choice(('backup', 'backups', 'vault'))}/{self.service}")
        self.script = f"/usr/local/sbin/{self.service}-{rng.choice(('backup', 'save', 'mirror'))}"
        for name in (f"{self.nouns[1]}.txt", f"{self.nouns[2]}/{self.nouns[3]}.csv", f"{self.nouns[2]}/two words.md"):
            text = f"{name} {rng.randrange(10**6)}\n"
            self.folder(f"{self.source}/{name}".rpartition("/")[0])
            self.state.file(f"{self.source}/{name}", text, owner=self.user, group=self.user)
        self.state.file(f"{self.aside}/{self.nouns[4]}.txt", "not yours\n", owner=self.user, group=self.user)
        self.roots = [self.script]
        self.scripts = [self.script]
        self.owners: dict[str, int] = {}
        self.checks: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.runs: list[str] = []
        self.confined = True
        self._seed = 0
        self.tree(self.aside)
        self.snap("aside", self.aside)

    def folder(self, path: str) -> str:
        """Add a folder of the user's and return its path."""
        return self.state.directory(path, owner=self.user, group=self.user)

    def installs(self, text: str, path: str = "") -> str:
        """Add a script of root's, the backup script unless a path is named; return its text."""
        self.state.file(path or self.script, text, SCRIPT_MODE)
        return text

    # Steps ---------------------------------------------------------------------------------------------------------

    def does(self, action: str, **details: Any) -> None:
        """Add a step, the user's."""
        self.steps.append({"do": action, "user": self.user} | details)

    def tree(self, path: str = "", *also: str, filled: bool = True) -> None:
        """Fill a folder, the source unless another is named, with hidden files and these names."""
        self._seed += 1
        self.does("tree", path=path or self.source, seed=self._seed, also=list(also), random=filled)

    def change(self) -> None:
        """Change the source."""
        self._seed += 1
        self.does("change", path=self.source, seed=self._seed)

    def snap(self, label: str, path: str) -> str:
        """Note what a folder holds; return the label."""
        self.does("snap", label=label, path=path)
        return label

    def unpack(self, label: str, path: str) -> str:
        """Note what an archive holds; return the label."""
        self.does("unpack", label=label, path=path)
        return label

    def read(self, label: str, path: str, *, packed: bool = False) -> str:
        """Note what a file says; return the label."""
        self.does("read", label=label, path=path, packed=packed)
        return label

    def run(self, label: str, *arguments: str, program: str = "", timeout_s: int = 6) -> str:
        """Run the script; `LABEL.from` and `LABEL.to` are source and destination after it, `LABEL.was` the source."""
        self.snap(f"{label}.was", self.source)
        self.does("run", label=label, argv=[program or self.script, *arguments], timeout_s=timeout_s)
        self.snap(f"{label}.from", self.source)
        self.snap(f"{label}.to", self.dest)
        self.runs.append(label)
        return label

    # Checks --------------------------------------------------------------------------------------------------------

    def wants(self, name: str, check: str, **details: Any) -> None:
        """The ticket asks for this."""
        self.checks.append({"name": name, "check": check, "goal": True} | details)

    def keeps(self, name: str, check: str, **details: Any) -> None:
        """This was so, or follows from what was so, and must be so."""
        self.checks.append({"name": name, "check": check, "goal": False} | details)

    def succeeds(self, *labels: str) -> None:
        """These runs end with status 0."""
        self.keeps("good runs end with status 0", "good", runs=list(labels))

    def draft(self, prompt: str, *gold: str, ending: str = "") -> Draft:
        """Return the task."""
        self.snap("aside.after", self.aside)
        self.keeps("other folders stay", "same", a="aside", b="aside.after", inodes=True)
        self.keeps("the source stays", "sources", runs=self.runs)
        self.keeps("no run leaves a process", "ended", runs=self.runs)
        if self.confined:
            self.keeps("nothing is written elsewhere", "nowhere")
        plan = {
            "probe": {"steps": self.steps},
            "checks": self.checks,
            "scripts": self.scripts,
            "owners": self.owners,
            "source": self.source,
            "dest": self.dest,
            "aside": self.aside,
            "folder": f"/srv/{self.service}",
        }
        return Draft(f"{prompt} {ending or self.ending()}", self.state, gold, plan, tuple(self.roots))

    def ending(self, *, source: bool = True, writes: str = "") -> str:
        """Return what holds of every script: who runs it, and what it may not do."""
        names = " and ".join(self.scripts)
        kept = "The source must not be changed, " if source else ""
        trees = (
            " File names may hold anything that Linux allows, and files may be empty or read-only." if source else ""
        )
        return (
            f"The user {self.user} runs {names} from / with a bare environment, never root, and nobody but root may "
            f"be able to change what is run. {kept}{writes or f'nothing outside {self.dest}'} may be written or "
            f"removed, a run leaves no process behind, and one that went well ends with status 0.{trees}"
        ).replace(". nothing", ". Nothing")
