"""The services that a ticket is about, and the trials that decide: what is done to them, and what must come of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgym.environments.linux_config.families.base import Draft, listed
from agentgym.environments.linux_config.families.service import vendor
from agentgym.environments.linux_config.families.service.control import Control
from agentgym.environments.linux_config.names import NOUNS, PEOPLE, SERVICES
from agentgym.environments.linux_config.state import StartingState

TOKEN = "@token"
CODES = "exit status 0 when it runs and 3 when it does not"


@dataclass(frozen=True)
class Service:
    """One service, with the paths that its tickets name.

    Attributes:
        name: of the service and of its user.
        folder: the vendor's.
        script: its control script.
        listen: where it answers.
        token: its secret at first.
    """

    name: str
    folder: str
    script: str
    listen: str
    token: str

    @property
    def program(self) -> str:
        """What the vendor ships."""
        return f"{self.folder}/{self.name}d"

    @property
    def env(self) -> str:
        """The file of its settings."""
        return f"/etc/default/{self.name}"

    @property
    def log(self) -> str:
        """Where its output goes."""
        return f"/var/log/{self.name}/{self.name}.log"

    @property
    def pidfile(self) -> str:
        """Where the number of its process is."""
        return f"/run/{self.name}/{self.name}.pid"

    @property
    def prefix(self) -> str:
        """What the names of its variables begin with."""
        return self.name.upper()

    @property
    def control(self) -> Control:
        """The parts of a right control script."""
        return Control(self.name, self.program, self.env)

    def settings(self, **more: str) -> str:
        """Return the text of its environment file."""
        lines = {"LISTEN": self.listen, "TOKEN": self.token} | more
        return f"# Settings of {self.name}d\n" + "".join(
            f"{self.prefix}_{key}={value}\n" for key, value in lines.items()
        )

    def facts(self, **changes: str) -> dict[str, str]:
        """Return what the probe has to know about it."""
        return {
            "user": self.name,
            "program": self.program,
            "script": self.script,
            "env": self.env,
            "log": self.log,
            "pidfile": self.pidfile,
            "listen": self.listen,
            "variable": f"{self.prefix}_TOKEN",
        } | changes


class Scene:
    """A machine with services that are not systemd's.

    Attributes:
        service: the one that the ticket is about.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.state = StartingState()
        self._names = rng.sample(SERVICES, 4)
        self._stranger = self.state.user(rng.choice(PEOPLE))
        self._net = f"127.{rng.randrange(10, 240)}.{rng.randrange(1, 250)}"
        self._ports = rng.sample(range(2000, 9900), 6)
        self._dial = rng.choice(("/usr/local/sbin/{}-ctl", "/etc/init.d/{}", "/usr/local/bin/{}ctl"))
        self._owners: dict[str, str] = {}
        self._services: dict[str, dict[str, str]] = {}
        self._steps: list[dict[str, Any]] = []
        self._wanted: list[dict[str, Any]] = []
        self._vendors: dict[str, str] = {}
        self.service = self.another()

    def another(self) -> Service:
        """Return a service with a name, a port and a secret of its own."""
        name = self._names.pop()
        listen = f"{self._net}.{self.rng.randrange(2, 250)}:{self._ports.pop()}"
        token = f"{self.rng.choice(NOUNS)}-{self.rng.randrange(10**6):06d}"
        return Service(name, f"/opt/{name}", self._dial.format(name), listen, token)

    def install(self, service: Service, *, run_by: Service | None = None, **traits: Any) -> None:
        """Put a service's user, program and folders on the machine, but neither its script nor its settings."""
        name = service.name
        owner = self._owners[name] = run_by.name if run_by else self.state.user(name)
        self.state.directory(service.folder)
        self.vendor(service.program, vendor.program(name, service.prefix, **traits), 0o755)
        self.vendor(f"{service.folder}/README", f"{name}d: settings and signals are described in {service.program}.\n")
        self.state.directory(f"/run/{name}", owner=owner, group=owner)
        self.state.directory(f"/var/log/{name}", 0o750, owner=owner, group="adm")
        self.state.file(service.log, "first line\n", 0o640, owner=owner, group="adm")
        self._services[name] = service.facts(user=owner)

    def vendor(self, path: str, text: str, mode: int = 0o644) -> None:
        """Add a file of the vendor's, which must stay."""
        self.state.file(path, text, mode)
        self._vendors[path] = text

    def script(self, service: Service, text: str) -> None:
        """Add a service's control script."""
        self.state.file(service.script, text, 0o755)

    def env(self, service: Service, text: str, path: str = "") -> None:
        """Add a service's environment file."""
        self.state.file(path or service.env, text, 0o640, group=self._owners[service.name])

    def ready(self, service: Service | None = None, *, script: str = "", env: str = "", **traits: Any) -> None:
        """Install a service with its script and settings, the right ones unless others are given."""
        service = service or self.service
        self.install(service, **traits)
        self.script(service, script or service.control.text())
        self.env(service, env or service.settings())

    def facts(self, key: str, facts: dict[str, str]) -> None:
        """Let trials speak of a service by another name, with other facts."""
        self._services[key] = facts

    def instances(self, service: Service, listens: dict[str, str]) -> None:
        """Let trials speak of the instances of an installed service by their names, and not of the service."""
        del self._services[service.name]
        for name, listen in listens.items():
            log = self.state.file(f"/var/log/{service.name}/{name}.log", "", 0o640, owner=service.name, group="adm")
            pidfile, env = f"/run/{service.name}/{name}.pid", f"{service.env}-{name}"
            self.facts(name, service.facts(listen=listen, log=log, pidfile=pidfile, env=env))

    def trial(self, name: str, do: str, wanted: dict[str, Any], *, goal: bool = False, **step: Any) -> None:
        """Do something, and want some of what comes of it to be so."""
        step.setdefault("service", self.service.name)
        self._steps.append({"do": do, **step})
        self._wanted.append({"name": name, "goal": goal, "wanted": wanted})

    def act(self, action: str, status: int = 0, *, goal: bool = False, service: str = "", name: str = "") -> None:
        """Run an action, which must have this status."""
        service = service or self.service.name
        name = name or f"`{action}` of {service}"
        self.trial(name, "control", {"status": status}, goal=goal, action=action, service=service)

    def life(self, *goals: str, instances: int = 1, also: Mapping[str, str] | None = None) -> None:
        """Start a service with a fresh token, twice; restart and stop it; in between, ask it and for its status.

        Args:
            goals: which of these steps are what the ticket asks for.
            instances: how many of its processes run.
            also: further variables that it must have.
        """
        key = self.service.name
        facts = self._services[key]
        answer: dict[str, Any] = {"answers": True, "vendor's": True, "own user's": True, "instances": instances}
        answer |= {facts["variable"]: TOKEN, **(also or {})}

        def act(step: str, word: str, status: int) -> None:
            name = f"{key}: {step} ({word})"
            self.act(word, status, goal=step in goals, service=key, name=name)

        def ask(step: str, **more: Any) -> None:
            wanted = answer | more
            self.trial(f"{key}: {step}", "ask", wanted, goal=step in goals, service=key, within_s=3.0)

        self.trial(f"{key}: another token is in its settings", "token", {"written": True}, service=key)
        act("status before", "status", 3)
        act("start", "start", 0)
        ask("answers")
        act("status", "status", 0)
        act("second start", "start", 0)
        ask("runs once", new=False)
        act("restart", "restart", 0)
        ask("answers after the restart", new=True)
        self.stops(*goals)

    def stops(self, *goals: str, key: str = "", action: str = "{}", watch_s: float = 0.0) -> None:
        """Stop a service, after which nothing of it is left and its status says so; others' processes stay."""
        key = key or self.service.name
        stop, status = action.format("stop"), action.format("status")
        self.act(stop, goal="stop" in goals, service=key, name=f"{key}: stop")
        left = {"left": [], "open": False}
        within_s = watch_s or 1.0
        name = f"{key}: nothing is left"
        self.trial(name, "left", left, goal="left" in goals, service=key, within_s=within_s, watch=watch_s > 0)
        self.act(status, 3, goal="status after" in goals, service=key, name=f"{key}: status after the stop")
        self.alone()

    def answers(self, name: str, *, goal: bool = False, service: str = "", **wanted: Any) -> None:
        """A service answers within three seconds, with its token."""
        service = service or self.service.name
        wanted = {"answers": True, "own user's": True, self._services[service]["variable"]: TOKEN} | wanted
        self.trial(name, "ask", wanted, goal=goal, service=service, within_s=3.0)

    def alone(self, *, goal: bool = False) -> None:
        """Nobody else's processes have ended."""
        count = 2 * len(self._services)
        self.trial("other processes live", "bystanders", {"alive": count}, goal=goal)

    def guarded(self, key: str = "", *, goal: bool = False) -> None:
        """Nobody but root writes the script and the settings, and nobody else reads the settings."""
        wanted = {
            "own read script": True,
            "own read env": True,
            "own write script": False,
            "own write env": False,
            "other write script": False,
            "other write env": False,
            "other read env": False,
        }
        key = key or self.service.name
        self.trial(f"{key}: who reads and writes its files", "access", wanted, goal=goal, service=key)

    def draft(
        self, ticket: str, *gold: str, files: tuple[str, ...] = (), told: str = "", folders: tuple[str, ...] = ()
    ) -> Draft:
        """Return the task.

        Args:
            ticket: what is wrong, or wanted.
            gold: commands that do it.
            files: all that may be changed; the service's script and settings unless others are named.
            told: how it will be looked at, unless it is as usual.
            folders: the vendors', unless it is the service's alone.
        """
        for key in self._services:
            self.guarded(key)
        files = files or (self.service.script, self.service.env)
        folders = folders or (self.service.folder,)
        probe = {"services": self._services, "stranger": self._stranger, "steps": self._steps}
        plan = {"probe": probe, "wanted": self._wanted, "vendors": self._vendors, "folders": list(folders)}
        told = told or usual(self.service)
        places = listed([f"/{place}/{name}" for name in self._owners for place in ("run", "var/log")])
        rest = (
            f"Nothing but {listed(files)} may change; what is in {listed(folders)} must stay byte for byte as the "
            "vendor ships it. Only root may write scripts and settings, and of the other users only "
            f"{self.service.name} may read the settings, for they hold a secret. What runs writes nowhere but in "
            f"{places}. {told} Each action returns within "
            "eight seconds, a started service answers within three more, and after `stop` nothing of it is left. "
            f"{self.service.name} runs other programs too, `tail -f` on the log for one: they are not the service's, "
            f"and "
            "must live on."
        )
        return Draft(f"{ticket}\n\n{rest}", self.state, gold, plan, (*files, *folders))


def about(service: Service) -> str:
    """Return how a service is run on this machine."""
    return (
        f"There is no systemd here: {service.name} is controlled by `{service.script} start|stop|restart|status`, "
        f"which "
        f"the user {service.name} runs (`su {service.name} -c '{service.script} status'`); nothing of it runs as "
        f"root. The "
        f"program {service.program} stays in the foreground and takes its settings from environment variables, which "
        f"the script reads from {service.env}. Its output is appended to {service.log}, and the pid file is "
        f"{service.pidfile}."
    )


def usual(service: Service) -> str:
    """Return how a service is looked at in the end."""
    return (
        f"We shall put another {service.prefix}_TOKEN into {service.env} and run {service.script} as {service.name}: "
        f"`start` (where it runs already that changes nothing and has status 0), `status` ({CODES}), `restart`, `stop`."
    )


def write(path: str, text: str, *, mode: str = "", group: str = "") -> str:
    """Return the command that writes a file."""
    more = f"\nchmod {mode} {path}" if mode else ""
    more += f"\nchgrp {group} {path}" if group else ""
    end = text.rstrip("\n")
    return f"cat > {path} <<'END'\n{end}\nEND{more}"
