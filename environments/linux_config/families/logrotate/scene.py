"""The services and logs that a ticket about logrotate is about, and how they must rotate in the end."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any, Literal

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.names import NOUNS, SERVICES
from agentgym.environments.linux_config.state import StartingState

ROOTS = ("/etc/logrotate.conf", "/etc/logrotate.d")
KEEP = "Nothing else about the rotation may change. Logrotate's configuration is all that is looked at."
FREQUENCIES = {"daily": "after 1 days", "weekly": "weekly", "monthly": "monthly"}
# Rotated so many days ago, and so large: nothing is due, time has passed, the log has grown.
TRIALS = ({"age_days": 0, "size": 100}, {"age_days": 40, "size": 100}, {"age_days": 0, "size": 60_000})


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
    frequency: Literal["daily", "weekly", "monthly", ""] = "weekly"
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
        self.folder = self.state.directory(f"/var/log/{self.service}")
        noun, kept = rng.sample(NOUNS, 2)
        self.log = f"{self.folder}/{noun}.log"
        self.config = f"/etc/logrotate.d/{self.service}"
        self.policy = Policy(rng.randrange(2, 7), rng.choice(("daily", "weekly", "monthly")))
        self.state.file(f"{self.folder}/README", f"Logs of {self.service}\n")
        apart = Policy(rng.randrange(2, 5), "weekly", "all")
        folder = self.state.directory(f"/var/log/{other}")
        self.state.file(f"/etc/logrotate.d/{other}", apart.block(f"{folder}/*.log"))
        self.wants(f"{folder}/{kept}.log", apart)

    def configure(self, text: str, *, path: str | None = None, mode: int = 0o644) -> None:
        """Add a file with stanzas, the service's own unless another path is named."""
        self.state.file(path or self.config, text, mode)

    def wants(self, path: str, policy: Policy, *, size: int = 0, mode: int | None = None, owner: str = "") -> None:
        """In the end the log must rotate like this. Before it has the same mode and owner unless others are named."""
        first = {"mode": mode or policy.mode, "uid": self.state.uid(owner or policy.owner)}
        gid = self.state.gid(owner or policy.group)
        self.state.file(path, "started\n", first["mode"], owner=owner or policy.owner, group=owner or policy.group)
        self._logs.append({"path": path, "gid": gid} | first)
        after = {"uid": self.state.uid(policy.owner), "gid": self.state.gid(policy.group)}
        self._wanted.append({"path": path, "size": size} | asdict(policy) | after)

    def draft(self, prompt: str, *gold: str) -> Draft:
        """Return the task."""
        folders = sorted({log["path"].rpartition("/")[0] for log in self._logs})
        sizes = [wanted["size"] + more for wanted in self._wanted if wanted["size"] for more in (-512, 512)]
        trials = [*TRIALS, *({"age_days": 0, "size": size} for size in sizes)]
        rounds = max(wanted["keep"] for wanted in self._wanted) + 2
        probe = {"logs": self._logs, "folders": folders, "rounds": rounds, "trials": trials}
        plan = {"probe": probe, "wanted": self._wanted, "apart": [f"{self.folder}/README"]}
        return Draft(f"{prompt} {KEEP}", self.state, gold, plan, ROOTS)
