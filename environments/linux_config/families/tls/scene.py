"""The authorities, services and hosts that a ticket about certificates is about, and what must become of them."""

from __future__ import annotations

import random
from typing import Any

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.tls.pki import Authority, Key
from agentgym.environments.linux_config.names import PEOPLE, SERVICES, TEAMS
from agentgym.environments.linux_config.state import StartingState

CA = "/srv/ca"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
USAGES = {"server": "TLS Web Server Authentication", "client": "TLS Web Client Authentication"}
KEEP = (
    "Only {folders} taken over, plain files with owners and modes (no links). Certificates are checked with "
    "`openssl verify -x509_strict`{trust}."
)
ROOT_ONLY = f", from clients that trust the root in {CA}/root.crt and nothing else"
NO_PASSPHRASE = (
    "Keys have no passphrase. Nobody but root may be able to change anything in {folders}, and private keys there, "
    "copies included, are for root to read, and for {service} where they are its own."
)


class Scene:
    """A root, an issuing authority below it, and a service with a folder for its key and certificate.

    Attributes:
        rng: the task's randomness.
        state: what the box starts with.
        service: the service, its user and its group.
        reader: a user who has nothing to do with it.
        name: its host name.
        other: another host name of the same domain.
        folder: where its files are.
        root: the root, which clients trust; its key is not in the box.
        issuing: the authority that issues; certificate and key are in `/srv/ca`.
        key: the service's key, if the box has one.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.state = rng, StartingState()
        self.service, second = rng.sample(SERVICES, 2)
        self.reader, self.mate = (self.state.user(name) for name in rng.sample(PEOPLE, 2))
        self.state.user(self.service)
        self.domain = f"{rng.choice(TEAMS)}.example"
        self.name, self.other = f"{self.service}.{self.domain}", f"{second}.{self.domain}"
        self.folder = f"/srv/pki/{self.service}"
        self.root = Authority.root(rng, f"{self.domain} root {rng.randrange(10, 99)}")
        self.issuing = self.root.below(rng, f"{self.domain} issuing {rng.randrange(10, 99)}")
        self.key = Key.draw(rng)
        self._roots: list[str] = []
        self._keys: list[str] = []
        self._known = {"root": self.root.pem, "issuing": self.issuing.pem}
        self._trials: list[dict[str, Any]] = []
        self._checks: list[dict[str, Any]] = []
        self.vendor: dict[str, str] = {}
        self.state.directory("/srv/pki")
        self.state.directory(CA)
        self.state.file(f"{CA}/root.crt", self.root.pem)
        self.authority("issuing", self.issuing)

    def authority(self, name: str, authority: Authority) -> None:
        """Put an authority's certificate and key into the folder of authorities."""
        self.state.file(f"{CA}/{name}.crt", authority.pem)
        self.state.file(f"{CA}/{name}.key", authority.key.pem(), 0o600)

    def carried(self, folder: str) -> str:
        """Add a folder that is carried, and return it."""
        self._roots.append(self.state.directory(folder))
        return folder

    def keep_key(self, path: str, key: Key, mode: int = 0o640) -> str:
        """Add a private key that the service reads through its group."""
        return self.state.file(path, key.pem(), mode, group=self.service)

    def known(self, name: str, text: str) -> str:
        """Add a certificate or key that the probe brings along; return its name."""
        self._known[name] = text
        return name

    def check(self, name: str, do: str, **trial: Any) -> None:
        """Add something to try, and what must come of it.

        `want` is what must be found, or a tuple of what may be (True unless it is named); `goal` says that the ticket
        asks for it; all else is for the probe.
        """
        want, goal = trial.pop("want", True), trial.pop("goal", False)
        self._trials.append({"do": do, **trial})
        wanted = list(want) if isinstance(want, tuple) else [want]
        self._checks.append({"name": name, "goal": goal, "want": wanted})

    def only(self, path: str, *certificates: str) -> None:
        """A file of trusted certificates holds none but some of these."""
        self._trials.append({"do": "holds", "path": path})
        among = [text.strip().removeprefix(BEGIN).removesuffix(END) for text in certificates]
        among = [f"CERTIFICATE:{''.join(text.split())}" for text in among]
        self._checks.append({"name": f"nobody else is trusted in {path}", "goal": True, "among": among})

    def named(self, cert: str, *names: str, goal: bool = True) -> None:
        """A certificate is for these names and no other."""
        self.check(f"{cert} is for no other name", "names", cert=cert, want=sorted(names), goal=goal)

    def used(self, cert: str, purpose: str, *, goal: bool = True) -> None:
        """A certificate is good for one purpose and no other."""
        self.check(f"{cert} is for a {purpose} alone", "usages", cert=cert, want=[USAGES[purpose]], goal=goal)

    def differs(self, name: str, path: str, key: Key) -> None:
        """A file's key is another one than this, and there is one."""
        self._trials.append({"do": "public", "path": path})
        self._checks.append({"name": name, "goal": True, "unlike": key.public_pem()})

    def serves(self, cert: str, key: str, *names: str, goal: bool = True, ca: str = "root") -> None:
        """A server with this chain and key convinces clients of these names, and of no other."""
        for name in names:
            self.check(f"{name} by {cert}", "verify", cert=cert, ca=ca, purpose="sslserver", goal=goal, **_who(name))
            self.check(f"a handshake with {name}", "handshake", cert=cert, key=key, ca=ca, host=name, goal=goal)
        stranger = Authority.root(self.rng, "somebody else's root")
        self.known("stranger", stranger.pem)
        self.check("who trusts another root refuses", "verify", cert=cert, ca="stranger", want=(False, None))
        self.check(
            "nor shakes hands", "handshake", cert=cert, key=key, ca="stranger", host=names[0], want=(False, None)
        )

    def refuses(self, cert: str, *names: str) -> None:
        """A certificate is not good for these names."""
        for name in names:
            self.check(f"not {name} by {cert}", "verify", cert=cert, ca="root", want=(False, None), **_who(name))

    def lasts(self, cert: str, least: int, most: int) -> None:
        """A certificate is good for this many days from now on, and not for more."""
        trial = {"cert": cert, "ca": "root"}
        self.check(f"valid in {least} days", "verify", **trial, days=least, goal=True)
        self.check(f"not valid in {most} days", "verify", **trial, days=most, want=(False, None))

    def is_private(self, path: str, *, missing: bool = False, exposed: bool = False) -> None:
        """A key is the service's to read through its group, and nobody else's; before, it was missing or exposed."""
        gid = self.state.gid(self.service)
        self._keys.append(path)
        self.check(f"mode and owner of {path}", "mode", path=path, want=[0o640, 0, gid], goal=missing or exposed)
        self.check(f"{self.service} reads {path}", "read", path=path, user=self.service, want=True, goal=missing)
        for user in (self.reader, "www-data"):
            self.check(f"{user} does not read {path}", "read", path=path, user=user, want=False, goal=exposed)

    def same_key(self, path: str, key: Key, what: str = "the key") -> None:
        """A file's key is still this one."""
        self.check(f"{what} stays", "public", path=path, want=key.public_pem())

    def draft(self, prompt: str, *gold: str, trust: str = ROOT_ONLY) -> Draft:
        """Return the task."""
        self._guard()
        folders = " and ".join(self._roots)
        keep = KEEP.format(folders=f"{folders} {'is' if len(self._roots) == 1 else 'are'}", trust=trust)
        probe = {"known": self._known, "trials": self._trials}
        plan = {"probe": probe, "checks": self._checks, "vendor": self.vendor}
        return Draft(
            f"{prompt}\n\n{NO_PASSPHRASE.format(folders=folders, service=self.service)} {keep}",
            self.state,
            gold,
            plan,
            tuple(self._roots),
        )

    def _guard(self) -> None:
        """In all that is carried nobody reads a key of others, and nobody but root changes anything."""
        for user in (self.service, self.reader, "www-data"):
            trial = {"user": user, "folders": self._roots}
            own = self._keys if user == self.service else []
            self.check(f"{user} reads no key of others", "keys", **trial, but=own, want=[])
            self.check(f"{user} changes nothing", "writes", **trial, want=[])


def _who(name: str) -> dict[str, str]:
    return {"ip": name} if name.replace(".", "").isdigit() else {"host": name}
