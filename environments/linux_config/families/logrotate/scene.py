"""The services and logs that a ticket about logrotate is about, and how they must rotate in the end."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any, Literal

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import NOUNS, SERVICES
from agentgym.environments.linux_config.state import StartingState

ROOTS = ("/etc/logrotate.conf", "/etc/logrotate.d")
# Old logs, the log after rotation, when it is due, and how often that is.
EVERYTHING = ("old", "log", "due", "often")
KEEP = (
    "Nothing else about the rotation may change, and the files of the system's own logs (apt, dpkg and so on) stay as "
    "they are. No rotation may start a program. Logrotate's configuration is all that is looked at."
)
FREQUENCIES = {"daily": "after 1 days", "weekly": "weekly", "monthly": "monthly"}
# Rotated so many days ago, and so large: nothing is due, time has passed, the log has grown.
TRIALS = ({"age_days": 0, "size": 100}, {"age_days": 40, "size": 100}, {"age_days": 0, "size": 60_000})


Frequency = Literal["daily", "weekly", "monthly", ""]


@dataclass
class Policy:
    """How one log must rotate.

    Attributes:
        keep: how many old logs are kept.
        frequency: `daily`, `weekly` or `monthly`; or empty where size alone decides.
        packed: which of the old logs are compressed.
        mode: of the log after rotation; also its mode before, unless the scene says otherwise.
        owner: likewise.
        group: likewise.
        in_place: the log stays the same file, emptied.
    """

    keep: int
    frequency: Frequency = "weekly"
    packed: Literal["none", "all", "all-but-first"] = "none"
    mode: int = 0o640
    owner: str = "root"
    group: str = "adm"
    in_place: bool = False

    def block(self, pattern: str, *extra: str, **changes: Any) -> str:
        """Return the stanza of this policy for a pattern, with some of its attributes changed."""
        policy = Policy(**(asdict(self) | changes))
        lines = [policy.frequency, f"rotate {policy.keep}"]
        lines += {"none": ["nocompress"], "all": ["compress"], "all-but-first": ["compress", "delaycompress"]}[
            policy.packed
        ]
        lines.append("copytruncate" if policy.in_place else f"create {policy.mode:04o} {policy.owner} {policy.group}")
        return (
            "\n".join([f"{pattern} {{", *(f"    {line}" for line in (*lines, "missingok", *extra) if line), "}"]) + "\n"
        )


class Scene:
    """One service whose log the ticket is about, and another whose rotation must survive.

    Attributes:
        service: the service's name, and its user's.
        folder: where it logs.
        log: its log.
        config: the path of its stanza.
        policy: how its log must rotate in the end.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        # The web server is not what these tickets are about, and its stanza starts programs.
        self.state.command("rm", "-f", "/etc/logrotate.d/nginx")
        self.service, other = rng.sample(SERVICES, 2)
        self.state.user(self.service)
        self._logs: list[dict[str, Any]] = []
        self._wanted: list[dict[str, Any]] = []
        self._stays: list[dict[str, Any]] = []
        self._services = [self.service, other]
        self.folder = self.state.directory(f"/var/log/{self.service}")
        noun, kept = rng.sample(NOUNS, 2)
        self.log = f"{self.folder}/{noun}.log"
        self.config = f"/etc/logrotate.d/{self.service}"
        self.policy = Policy(rng.randrange(2, 7), rng.choice(("daily", "weekly", "monthly")))
        self._readme = f"Logs of {self.service}\n"
        self.state.file(f"{self.folder}/README", self._readme)
        apart = Policy(rng.randrange(2, 5), "weekly", "all")
        folder = self.state.directory(f"/var/log/{other}")
        self.state.file(f"/etc/logrotate.d/{other}", apart.block(f"{folder}/*.log", "nocopytruncate"))
        self.wants(f"{folder}/{kept}.log", apart)

    def configure(self, text: str, *, path: str | None = None, mode: int = 0o644) -> None:
        """Add a file with stanzas, the service's own unless another path is named."""
        self.state.file(path or self.config, text, mode)

    def services(self, count: int) -> list[str]:
        """Return the names of some more services."""
        names = self.rng.sample([name for name in SERVICES if name not in self._services], count)
        self._services += names
        return names

    def vendor(self, name: str, text: str) -> str:
        """Add a file with stanzas that belongs to a package and must stay; return its path."""
        path = f"/etc/logrotate.d/{name}"
        text = f"# {name} is installed by a package and replaced whenever it is upgraded. Do not edit.\n{text}"
        self.configure(text, path=path)
        self._stays.append({"path": path, "mode": 0o644, "uid": 0, "gid": 0, "text": text})
        return path

    def wants(
        self,
        path: str,
        policy: Policy,
        *,
        size: int = 0,
        mode: int | None = None,
        owner: str = "",
        goals: tuple[str, ...] = (),
        fresh: bool = False,
    ) -> None:
        """In the end the log must rotate like this. Before it has the same mode and owner unless others are named.

        Args:
            path: the log.
            policy: how it must rotate.
            size: in bytes, over which it is rotated, whatever the date.
            mode: of the log before rotation.
            owner: likewise, a user with a group of the same name.
            goals: what the ticket asks for, of `EVERYTHING`; the rest is so already.
            fresh: its stanza is written anew, so that what the ticket does not name is free.
        """
        first = {"mode": mode or policy.mode, "uid": self.state.uid(owner or policy.owner)}
        gid = self.state.gid(owner or policy.group)
        self.state.file(path, "started\n", first["mode"], owner=owner or policy.owner, group=owner or policy.group)
        self._logs.append({"path": path, "gid": gid} | first)
        after = {"uid": self.state.uid(policy.owner), "gid": self.state.gid(policy.group)}
        self._wanted.append({"path": path, "size": size, "goals": list(goals), "fresh": fresh} | asdict(policy) | after)

    def draft(self, prompt: str, *gold: str, mends_errors: bool = False, more: tuple[str, ...] = ()) -> Draft:
        """Return the task.

        Args:
            prompt: the ticket.
            gold: commands that do what it asks.
            mends_errors: at first logrotate fails.
            more: paths that are carried beside logrotate's own.
        """
        folders = sorted({log["path"].rpartition("/")[0] for log in self._logs})
        sizes = [wanted["size"] + more for wanted in self._wanted if wanted["size"] for more in (-512, 512)]
        trials = [*TRIALS, *({"age_days": 0, "size": size} for size in sizes)]
        rounds = max(wanted["keep"] for wanted in self._wanted) + 2
        probe = {"logs": self._logs, "folders": folders, "rounds": rounds, "trials": trials}
        apart = {f"{self.folder}/README": self._readme}
        plan = {
            "probe": probe,
            "wanted": self._wanted,
            "apart": apart,
            "stays": self._stays,
            "mends_errors": mends_errors,
        }
        return Draft(f"{prompt} {KEEP}", self.state, gold, plan, (*ROOTS, *more))
