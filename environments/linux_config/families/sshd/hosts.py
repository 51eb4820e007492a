"""Tickets about several hosts, each with a server of its own, that must agree."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.sshd.scene import FORWARDED, HELD, IN, OUT, Scene, server_text
from agentgym.environments.linux_config.families.sshd.switches import PASSWORDS, WHO
from agentgym.environments.linux_config.names import SERVICES

HOSTS = "/srv/hosts"


class Host:
    """A host: an address, and a server with a tree of its own below `/srv/hosts`."""

    def __init__(self, scene: Scene, number: int, name: str, address: str, *lines: str, include: bool = True) -> None:
        self.number, self.name, self.address = number, name, address
        self.config = f"{HOSTS}/{name}/sshd_config"
        self.folder = f"{self.config}.d"
        text = server_text("PidFile none", f"ListenAddress {address}:22", *lines, folder=self.folder)
        scene.server(text if include else text.replace("Include", "#Include"), path=self.config)

    @property
    def said(self) -> str:
        """The host as a ticket names it."""
        return f"{self.name} ({self.address})"


def gateway(rng: random.Random) -> Draft:
    """Two hosts that can be reached only through a third."""
    scene = Scene(rng)
    gate, app, store, lab = _hosts(scene, "PermitRootLogin yes")
    scene.drop_in("05-legacy.conf", "LogLevel VERBOSE\nPasswordAuthentication yes\n", folder=store.folder)
    scene.may_change = (*PASSWORDS, *WHO, "PermitOpen", "AllowTcpForwarding", "DisableForwarding", "PermitRootLogin")
    scene.zones = {str(host.number): [f"{gate.address}/32"] for host in (app, store)}
    scene.untouched = [lab.number]
    away = f"127.{rng.randrange(150, 250)}.{rng.randrange(250)}.9"
    _through_gate(scene, gate, app, store, lab, away)
    for host in (app, store):
        _behind_gate(scene, host, gate, away, other=store if host is app else app)
    scene.expects("password", scene.guest, IN, source=away, to=lab.address, server=lab.number)
    scene.expects("forward", scene.member, FORWARDED, source=away, to=lab.address, server=lab.number)
    prompt = (
        f"Four hosts run sshd, each from {HOSTS}/NAME/sshd_config and the sshd_config.d beside it: {gate.said}, "
        f"{app.said}, {store.said} and {lab.said}. The group {scene.team} is to reach {app.name} and {store.name} "
        f"through {gate.name} only. So on {gate.name}, {app.name} and {store.name} only members of {scene.team}, those "
        "whom it gets later included, may log in, with keys and never with passwords. "
        f"{gate.name} takes them from everywhere, and forwards TCP connections to port 22 of {app.name}'s and "
        f"{store.name}'s addresses and to nothing else; clients name the addresses. {app.name} and {store.name} take "
        f"logins only from {gate.name}'s address and forward no TCP connections. {lab.name} stays as it is."
    )
    every = f"AllowGroups {scene.team}\\nPasswordAuthentication no\\n"
    inner = f"{every}AllowUsers *@{gate.address}\\nAllowTcpForwarding no\\n"
    gold = [f"printf '{every}PermitOpen {app.address}:22 {store.address}:22\\n' > {gate.folder}/00-gate.conf"]
    gold += [f"printf '{inner}' > {host.folder}/00-inner.conf" for host in (app, store)]
    return scene.draft(prompt, *gold, roots=(HOSTS,))


def _through_gate(scene: Scene, gate: Host, app: Host, store: Host, lab: Host, away: str) -> None:
    at: dict[str, Any] = {"source": away, "to": gate.address, "server": gate.number}
    scene.expects("key", scene.newcomer, IN, **at)
    scene.expects("key", scene.guest, OUT, new=True, **at)
    scene.expects("key", "root", OUT, new=True, **at)
    scene.expects("password", scene.member, OUT, new=True, **at)
    for host in (app, store):
        scene.expects("forward", scene.member, FORWARDED, target=f"{host.address}:22", **at)
    scene.expects("forward", scene.member, HELD, new=True, target=f"{lab.address}:22", **at)
    targets = [f"{name}:22" for host in (app, store) for name in (host.address, host.name)]
    for user in (scene.member, scene.newcomer):
        scene.opened(user, *targets, **at)


def _behind_gate(scene: Scene, host: Host, gate: Host, away: str, *, other: Host) -> None:
    at: dict[str, Any] = {"to": host.address, "server": host.number}
    scene.expects("key", scene.mate, IN, source=gate.address, **at)
    scene.expects("key", scene.newcomer, IN, source=gate.address, **at)
    scene.expects("key", scene.mate, OUT, source=away, new=True, **at)
    for user in (scene.guest, "root"):
        scene.expects("key", user, OUT, source=gate.address, new=True, **at)
    scene.expects("password", scene.mate, OUT, source=gate.address, new=True, **at)
    scene.expects("forward", scene.mate, HELD, source=gate.address, new=True, target=f"{other.address}:22", **at)


def same_everywhere(rng: random.Random) -> Draft:
    """Three hosts with one policy, each of which misses it in a way of its own."""
    scene = Scene(rng)
    one, two, three, lab = _hosts(scene, "PasswordAuthentication yes", without_include=1)
    policy = f"AllowGroups {scene.team}\nPasswordAuthentication no\n"
    service = rng.choice(SERVICES)
    packaged = scene.drop_in(
        f"{rng.randrange(10, 30)}-{service}.conf",
        f"# Of the package {service}.\nPasswordAuthentication yes\nMaxAuthTries 4\n",
        folder=one.folder,
        packaged=True,
    )
    for host, name in ((one, "40-policy.conf"), (two, "40-policy.conf"), (three, "40-policy.cfg")):
        scene.drop_in(name, policy, folder=host.folder)
    scene.may_change = (*PASSWORDS, *WHO, "PermitRootLogin")
    scene.untouched = [lab.number]
    for host in (one, two, three):
        at: dict[str, Any] = {"to": host.address, "server": host.number}
        scene.expects("key", scene.member, IN, **at)
        scene.expects("key", scene.newcomer, IN, **at)
        scene.expects("password", scene.member, OUT, new=True, **at)
        scene.expects("key", scene.guest, OUT, new=host is not one, **at)
        scene.expects("key", "root", OUT, new=host is not one, **at)
    scene.expects("password", scene.guest, IN, to=lab.address, server=lab.number)
    prompt = (
        f"Four hosts run sshd, each from {HOSTS}/NAME/sshd_config and the sshd_config.d beside it: {one.said}, "
        f"{two.said}, {three.said} and {lab.said}. On {one.name}, {two.name} and {three.name} only the group "
        f"{scene.team} may log in, those whom it gets later included, and nobody with a password, which is what the "
        "policy file in each sshd_config.d says. On each of the three the policy fails, or a part of it, each for a "
        f"reason of its own. Make it hold on all three. {packaged} belongs to a package and must stay byte for byte; "
        f"what else it sets must stay in force. {lab.name} stays as it is."
    )
    return scene.draft(
        prompt,
        f"mv {one.folder}/40-policy.conf {one.folder}/00-policy.conf",
        f"sed -i 's/^#Include/Include/' {two.config}",
        f"mv {three.folder}/40-policy.cfg {three.folder}/40-policy.conf",
        roots=(HOSTS,),
    )


def _hosts(scene: Scene, *lines: str, without_include: int = -1) -> list[Host]:
    """Return four hosts in one network; one of them may not include the folder beside its main file."""
    names = scene.rng.sample(SERVICES, 4)
    net = f"127.{scene.rng.randrange(20, 140)}.{scene.rng.randrange(250)}"
    numbers = scene.rng.sample(range(2, 250), 4)
    addresses = [f"{net}.{number}" for number in numbers]
    return [
        Host(scene, number, name, address, *lines, *scene.noise, include=number != without_include)
        for number, (name, address) in enumerate(zip(names, addresses, strict=True))
    ]
