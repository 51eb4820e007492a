"""The ticket about hosts that push to an rsync daemon: modules, secrets, addresses and scripts that must agree."""

from __future__ import annotations

import random
from dataclasses import dataclass

from agentgym.environments.linux_config.families.backup.scene import Scene
from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.scripts import rewrite
from agentgym.environments.linux_config.names import NOUNS, SERVICES

LETTERS = "abcdefghijkmnopqrstuvwxyz23456789"


@dataclass(frozen=True)
class Host:
    """A host that pushes: its name is that of its account, its module and its user at the daemon.

    Attributes:
        name: also of the folder below /srv/hosts that is its configuration.
        address: it connects from this.
        data: the folder that it pushes.
        kept: where the daemon keeps that.
        password: in the host's own file.
    """

    name: str
    address: str
    data: str
    kept: str
    password: str

    @property
    def script(self) -> str:
        """The script that pushes."""
        return f"/srv/hosts/{self.name}/push.sh"

    def push(self, url: str) -> str:
        """Return the text of the script."""
        options = f"-a --delete --address={self.address} --password-file=/srv/hosts/{self.name}/password"
        return f"#!/bin/sh\nset -eu\nrsync {options} {self.data}/ rsync://{self.name}@{url}/{self.name}/\n"

    def module(self, secrets: str) -> str:
        """Return the daemon's module for this host alone."""
        return (
            f"[{self.name}]\n    path = {self.kept}\n    read only = no\n    auth users = {self.name}\n"
            f"    secrets file = {secrets}\n    hosts allow = {self.address}\n    list = no\n"
        )


class Daemon(Scene):
    """A vault, a host that pushes to it, and a new one."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        names = [name for name in SERVICES if name not in (self.service, self.other)]
        self.vault = self.state.user(rng.choice(names))
        self.state.user(self.other)
        numbers = rng.sample(range(2, 250), 4)
        net = f"127.{rng.randrange(1, 200)}.{rng.randrange(1, 250)}"
        self.address, old, new, self.stranger = (f"{net}.{number}" for number in numbers)
        self.url = f"{self.address}:{rng.randrange(20_000, 30_000)}"
        self.old = self._host(self.service, old, self.source, self.dest)
        data = self.source.replace(f"/{self.service}/", f"/{self.other}/")
        self.new = self._host(self.other, new, data, f"{self.dest.rpartition('/')[0]}/{self.other}")
        self.public = rng.choice([noun for noun in NOUNS if noun not in self.nouns])
        self.home = f"/srv/hosts/{self.vault}"
        self.config, self.secrets = f"{self.home}/rsyncd.conf", f"{self.home}/rsyncd.secrets"
        self.shared = self.state.directory(f"{self.dest.rpartition('/')[0]}/{self.public}", owner=self.vault)
        self.state.file(f"{self.shared}/note.txt", "for all\n")
        self.confined = False
        self.roots, self.scripts = ["/srv/hosts"], [self.old.script, self.new.script]

    def _host(self, name: str, address: str, data: str, kept: str) -> Host:
        password = "".join(self.rng.choice(LETTERS) for _ in range(14))
        self.state.directory(data, owner=name, group=name)
        self.state.directory(kept, 0o700, owner=self.vault, group=self.vault)
        self.state.file(f"/srv/hosts/{name}/password", f"{password}\n", 0o600, owner=name, group=name)
        return Host(name, address, data, kept, password)

    def rsync(self, label: str, host: Host, *arguments: str, source: str, password: str = "") -> str:
        """Have rsync of the box itself, started by a host's user, connect from an address."""
        env = ["/usr/bin/env", f"RSYNC_PASSWORD={password}"]
        argv = [*env, "/usr/bin/rsync", "-r", "--contimeout=2", "--timeout=2", f"--address={source}", *arguments]
        self.does("run", label=label, argv=argv, timeout_s=4, user=host.name)
        return label

    def pushes(self, host: Host) -> None:
        """The host's script mirrors hidden trees, twice."""
        check = self.keeps if host is self.old else self.wants
        for turn in ("first", "second"):
            label = f"{turn} push of {host.name}"
            self._seed += 1
            details = {"path": host.data, "seed": self._seed, "also": [], "random": True, "user": host.name}
            self.does("tree", **details)
            self.snap(f"{label}.was", host.data)
            self.runs.append(label)
            self.does("run", label=label, argv=[host.script], timeout_s=4, user=host.name)
            self.snap(f"{label}.from", host.data)
            self.snap(f"{label}.kept", host.kept)
            check(label, "same", a=f"{label}.from", b=f"{label}.kept", links=False)
        self.succeeds(*(f"{turn} push of {host.name}" for turn in ("first", "second")))

    def guards(self, host: Host, mate: Host) -> None:
        """Nobody else reaches the host's module, nor the host itself from elsewhere or without its password."""
        for who, password, source in (
            (host, host.password, mate.address),
            (host, host.password, self.stranger),
            (mate, mate.password, host.address),
            (mate, mate.password, mate.address),
            (host, mate.password, host.address),
            (host, "", host.address),
        ):
            secret = {"": "no", host.password: f"{host.name}'s", mate.password: f"{mate.name}'s"}[password]
            label = f"{who.name} from {source} with {secret} password into {host.name}"
            self.rsync(label, who, f"rsync://{who.name}@{self.url}/{host.name}/", source=source, password=password)
            open_now = host is self.old and who is host and password == host.password
            (self.wants if open_now else self.keeps)(f"refused: {label}", "refused", run=label)

    def shares(self) -> None:
        """The public module is listed and can be read from anywhere, and it is the only one listed."""
        url = f"rsync://{self.url}/"
        self.rsync("list", self.new, url, source=self.stranger)
        self.wants(
            "only the public module is listed", "lists", run="list", has=self.public, lacks=[self.service, self.other]
        )
        self.rsync("public", self.new, f"{url}{self.public}/", source=self.stranger)
        self.keeps("the public module can be read", "lists", run="public", has="note.txt", lacks=[])
        note = f"/srv/hosts/{self.new.name}/password"
        self.rsync("write", self.new, note, f"{url}{self.public}/", source=self.new.address)
        self.keeps("nobody writes to the public module", "refused", run="write")

    def offers(self) -> None:
        """The daemon has these modules for these hosts and no others, and keeps their passwords to itself."""
        hosts = [
            {"name": host.name, "address": host.address, "password": host.password, "path": host.kept}
            for host in (self.old, self.new)
        ]
        public = {"name": self.public, "path": self.shared}
        self.wants("the daemon's modules", "modules", config=self.config, hosts=hosts, public=public)
        secrets = [
            {"password": host.password, "groups": [self.state.gid(self.vault), self.state.gid(host.name)]}
            for host in (self.old, self.new)
        ]
        self.keeps("the passwords are secret", "readable", secrets=secrets)

    def lay_out(self) -> None:
        """Configure the daemon for the old host, openly, and copy the old host's script for the new one."""
        open_module = self.old.module(self.secrets).replace(
            f"    hosts allow = {self.old.address}\n    list = no\n", ""
        )
        public = f"[{self.public}]\n    path = {self.shared}\n    read only = yes\n"
        self.state.file(
            self.config,
            f"use chroot = no\n\n{public}\n{open_module}",
        )
        self.state.file(self.secrets, f"{self.old.name}:{self.old.password}\n", 0o640, group=self.vault)
        self.installs(self.old.push(self.url), self.old.script)
        self.installs(self.old.push(self.url), self.new.script)


def rsync_daemon(rng: random.Random) -> Draft:
    """A second host for a vault whose modules are too open."""
    scene = Daemon(rng)
    old, new = scene.old, scene.new
    scene.lay_out()
    host, port = scene.url.split(":")
    argv = ["/usr/bin/rsync", "--daemon", "--no-detach", f"--config={scene.config}"]
    argv += [f"--address={host}", f"--port={port}"]
    scene.does("serve", label="answers", argv=argv, address=host, port=int(port), user=scene.vault)
    scene.keeps("the daemon answers", "value", a="answers", value=True)
    for one, other in ((old, new), (new, old)):
        scene.pushes(one)
        scene.guards(one, other)
    scene.shares()
    scene.offers()
    passwords = {f"/srv/hosts/{each.name}/password": f"{each.password}\n" for each in (old, new)}
    scene.keeps("the hosts' passwords stay", "unchanged", texts=passwords)
    prompt = (
        f"The host {scene.vault} ({scene.address}) takes backups with an rsync daemon, configured by {scene.config}. "
        f"{old.name} ({old.address}) pushes {old.data} to it with {old.script}; that works. "
        f"{new.name} ({new.address}) is new: {new.script} is still a copy of {old.name}'s. Run by the user "
        f"{new.name}, it must mirror {new.data}, "
        f"removals and all, to a module {new.name}, which the daemon keeps in {new.kept}; it does not matter "
        "what becomes of symbolic links. Each of the two modules may be used only from its own host's address "
        f"and only by the user of the module's name with the password in that host's "
        f"/srv/hosts/HOST/password, which must stay as it is; at present {old.name}'s can be used from anywhere. "
        f"Neither of the two may be shown when somebody lists the modules. {scene.public} must stay "
        "listed, readable by all from anywhere without a password, and writable to nobody. The daemon offers no other "
        "module, includes no other file and starts no program."
    )
    ending = (
        f"All of this lies in /srv/hosts, and nobody but root may be able to change it; {scene.secrets} and the "
        f"passwords may belong to the account that reads them, and only {scene.vault} and a password's own host may be "
        f"able to read it. No run leaves a process behind. The daemon runs as the user {scene.vault}, and is "
        f"started afresh before we look: `{' '.join(argv)}`. {old.script} is run by the user {old.name}."
    )
    scene.owners = {f"/srv/hosts/{each.name}/password": scene.state.uid(each.name) for each in (old, new)}
    scene.owners[scene.secrets] = scene.state.uid(scene.vault)
    modules = f"{old.module(scene.secrets)}\n{new.module(scene.secrets)}".rstrip("\n")
    return scene.draft(
        prompt,
        rewrite(new.script, new.push(scene.url)),
        f"sed -i '/^.{old.name}.$/,$d' {scene.config}; cat >> {scene.config} <<'END'\n{modules}\nEND",
        f"echo {new.name}:{new.password} >> {scene.secrets}",
        ending=ending,
    )
