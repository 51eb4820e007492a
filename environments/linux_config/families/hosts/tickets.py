"""Tickets about names and addresses."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.hosts.scene import FAILURE, TREE, Scene

ELSEWHERE = "The nameservers in resolv.conf cannot be reached from here; they answer when your work is looked at."


def wrong_address(rng: random.Random) -> Draft:
    """A machine has moved to another address."""
    scene = Scene(rng)
    name, new = scene.machine(), scene.address()
    full = f"{name}.{scene.domain}"
    old = f"10.{rng.randrange(1, 255)}.{rng.randrange(256)}.{rng.randrange(2, 20)}"
    neighbour, alike = scene.machine(), f"{old}{rng.randrange(10)}"
    scene.hosts(
        *scene.entries(2),
        (alike, f"{neighbour}.{scene.domain}", neighbour),
        (old, full, name),
        *scene.entries(2),
    )
    scene.keeps("address", neighbour, want=[alike])
    scene.keeps("names", alike, want=sorted((neighbour, f"{neighbour}.{scene.domain}")))
    for asked in (name, full):
        scene.wants("address", asked, want=[new])
    scene.wants("reverse", new, want=full)
    scene.wants("reverse", old, want=None)
    prompt = (
        f"{full} ({name} for short) has moved from {old} to {new}, but /etc/hosts still has the old address. Correct "
        f"it: both names lead to {new} and nowhere else, {new} leads back to {full}, and {old} is nobody's now."
    )
    edit = rf"sed 's/^{old}\([ \t]\)/{new}\1/'"
    return scene.draft(prompt, f"cp /etc/hosts /tmp/h && {edit} /tmp/h > /etc/hosts")


def new_name(rng: random.Random) -> Draft:
    """A machine is missing from the hosts file."""
    scene = Scene(rng)
    name, address, alias = scene.machine(), scene.address(), scene.machine()
    full = f"{name}.{scene.domain}"
    scene.hosts(*scene.entries(4))
    for asked in (full, name, alias):
        scene.wants("address", asked, want=[address])
    scene.wants("reverse", address, want=full)
    scene.keeps("address", f"{alias}.{scene.domain}", want=None)
    scene.keeps("address", f"TOKEN-{name}", want=None)
    prompt = (
        f"The machine {full} at {address} is missing from /etc/hosts. Enter it, its full name first, with the aliases "
        f"{name} and {alias}."
    )
    return scene.draft(prompt, f"echo '{address} {full} {name} {alias}' >> /etc/hosts")


def service_name(rng: random.Random) -> Draft:
    """A service has no name for its port."""
    scene = Scene(rng)
    name, other, number = scene.machine(), scene.machine(), rng.randrange(5000, 30_000)
    known = [("ssh", 22, "tcp"), ("domain", 53, "udp"), ("https", 443, "tcp"), (other, number + 1, "tcp")]
    scene.state.file("/etc/services", "".join(f"{known:<15} {port}/{kind}\n" for known, port, kind in known))
    for service, port, kind in known:
        scene.keeps("port", service, kind, want=port)
        scene.keeps("service", port, kind, want=service)
    protocol, wrong = rng.sample(("tcp", "udp"), 2)
    scene.wants("port", name, protocol, want=number)
    scene.wants("service", number, protocol, want=name)
    scene.keeps("port", name, wrong, want=None)
    scene.keeps("service", number, wrong, want=None)
    scene.keeps("port", "TOKEN", protocol, want=None)
    prompt = (
        f"Programs ask for the service {name} by name and are told that there is none. Enter it in /etc/services: port "
        f"{number} of {protocol}, and of {protocol} only."
    )
    gold = f"echo '{name} {number}/{protocol}' >> /etc/services"
    return scene.draft(prompt, gold, roots=("/etc/services", "/etc/nsswitch.conf"))


def files_first(rng: random.Random) -> Draft:
    """The nameserver is asked before the hosts file."""
    scene = Scene(rng)
    known = scene.entries(3)
    name, address, outside = scene.machine(), scene.address(), scene.address()
    full = f"{name}.{scene.domain}"
    scene.hosts(*known, (address, full, name))
    zone = {entry[1]: entry[0] for entry in known}
    zone |= {full: outside, f"TOKEN.{scene.domain}": outside, f"TOKEN.{scene.other_domains[0]}": outside}
    scene.resolver(f"nameserver {scene.nameserver(zone)}\noptions timeout:3 attempts:2\n")
    scene.switch(rng.choice(("dns files", "dns [NOTFOUND=continue] files", "dns  files")))
    scene.wants("address", full, want=[address])
    scene.keeps("address", f"TOKEN.{scene.domain}", want=[outside])
    scene.keeps("address", f"TOKEN.{scene.other_domains[0]}", want=[outside])
    scene.other_sources = True
    scene.quiet(full, name, *(entry[1] for entry in known), is_goal=True)
    prompt = (
        f"{full} is {address} in /etc/hosts, yet programs get {outside} for it, which the nameserver says. /etc/hosts "
        "must count first, for all its names, and the nameserver be asked only for names that are not in it. "
        f"{ELSEWHERE}"
    )
    edit = "sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf"
    return scene.draft(prompt, edit)


def primary_name(rng: random.Random) -> Draft:
    """The short name stands where the full name belongs."""
    scene = Scene(rng)
    name, address, alias = scene.machine(), scene.address(), scene.machine()
    full = f"{name}.{scene.domain}"
    scene.hosts(*scene.entries(2), (address, name, alias, full), *scene.entries(2))
    scene.wants("reverse", address, want=full)
    for asked in (name, alias, full):
        scene.wants("canonical", asked, want=full)
        scene.keeps("address", asked, want=[address])
    scene.keeps("names", address, want=sorted((name, alias, full)))
    prompt = (
        f"The mail system asks which name belongs to {address} and is told {name}; it needs {full}. Make {full} the "
        f"canonical name of this address, with {name} and {alias} as its aliases."
    )
    line = f"{address} {full} {name} {alias}"
    return scene.draft(prompt, f"cp /etc/hosts /tmp/h && sed 's/^{address}.*/{line}/' /tmp/h > /etc/hosts")


def search_list(rng: random.Random) -> Draft:
    """Short names are completed in two domains, in this order."""
    scene = Scene(rng)
    first, second, old = scene.other_domains
    scene.hosts(*scene.entries(2))
    names = [f"TOKEN-a.{first}", f"TOKEN-b.{second}", f"TOKEN-both.{first}", f"TOKEN-both.{second}", f"TOKEN-c.{old}"]
    zone = {name: scene.address() for name in names} | {f"TOKEN-lame.{first}": FAILURE}
    server, former = scene.nameserver(zone), scene.nameserver({names[0]: scene.address(), names[-1]: scene.address()})
    scene.resolver(f"search {old}\nnameserver {former}\noptions timeout:3 attempts:2\n")
    scene.switch("files dns")
    scene.wants("address", "TOKEN-a", want=[zone[f"TOKEN-a.{first}"]])
    scene.wants("address", "TOKEN-b", want=[zone[f"TOKEN-b.{second}"]])
    scene.wants("address", "TOKEN-both", want=[zone[f"TOKEN-both.{first}"]])
    scene.wants("address", f"TOKEN-c.{old}", want=[zone[f"TOKEN-c.{old}"]])
    scene.wants("address", "TOKEN-c", want=None)
    scene.keeps("address", f"TOKEN-lame.{first}", want=None)
    scene.quiet(server=former, is_goal=True)
    scene.resolves(server, search=[first, second])
    prompt = (
        f"Short names must be completed with {first} first and, where it has no such name, with {second}; no longer "
        f"with {old}, whose names are found only when written in full. The nameserver is {server} now and {former} is "
        f"retired: it must not be asked. {ELSEWHERE}"
    )
    text = f"search {first} {second}\\nnameserver {server}\\noptions timeout:3 attempts:2\\n"
    return scene.draft(prompt, f"printf '{text}' > /etc/resolv.conf")


def retired_host(rng: random.Random) -> Draft:
    """All names of a machine go, and nothing that looks like them."""
    scene = Scene(rng)
    name, address, alias, shared = scene.machine(), scene.address(), scene.machine(), scene.machine()
    keeper, at = scene.machine(), scene.address()
    full = f"{name}.{scene.domain}"
    alike = (f"{name}2", f"old-{name}", f"{name}.{scene.other_domains[0]}")
    places = {label: scene.address() for label in alike}
    scene.hosts(
        *scene.entries(1),
        (address, full, name, shared),
        *((where, label) for label, where in places.items()),
        (at, f"{keeper}.{scene.domain}", keeper, alias),
        *scene.entries(1),
        (scene.address(), alias, f"www.{full}"),
    )
    for gone in (full, name, alias, f"www.{full}"):
        scene.wants("address", gone, want=None)
    scene.wants("names", address, want=[shared])
    scene.wants("names", at, want=sorted((keeper, f"{keeper}.{scene.domain}")))
    scene.keeps("address", shared, want=[address])
    scene.keeps("address", keeper, want=[at])
    for label, where in places.items():
        scene.keeps("names", where, want=[label])
    prompt = (
        f"{full} is retired. In /etc/hosts none of {full}, {name}, {alias} and www.{full} may lead anywhere any more, "
        f"whatever line it stands on. {shared} stays at {address}, the other names of those lines stay where they are, "
        "and names that only look alike are other machines."
    )
    words = "|".join(word.replace(".", r"\.") for word in (f"www.{full}", full, name, alias))
    edit = rf"sed -E ':a; s/[ \t]+({words})([ \t]|$)/\2/; ta'"
    return scene.draft(prompt, f"cp /etc/hosts /tmp/h && {edit} /tmp/h > /etc/hosts")


def no_dns(rng: random.Random) -> Draft:
    """A machine that may know only the names of its own hosts file."""
    scene = Scene(rng)
    known = scene.entries(3)
    scene.hosts(*known)
    outside = scene.address()
    zone = {f"TOKEN.{scene.domain}": outside, f"TOKEN.{scene.other_domains[0]}": outside, known[0][2]: outside}
    text = f"search {scene.domain}\nnameserver {scene.nameserver(zone)}\noptions timeout:3 attempts:2\n"
    scene.resolver(text)
    scene.stays("/etc/resolv.conf", text)
    scene.switch(rng.choice(("files dns", "files [NOTFOUND=continue] dns", "files dns myhostname")))
    for asked in (f"TOKEN.{scene.domain}", "TOKEN", f"TOKEN.{scene.other_domains[0]}"):
        scene.wants("address", asked, want=None)
    scene.other_sources = True
    scene.keeps("reverse", scene.address(), want=None)
    scene.quiet(is_goal=True)
    prompt = (
        "This machine leaks what it looks up. It must know the names in /etc/hosts and no others, and it must not ask "
        "any nameserver for anything, neither for a name nor for an address. /etc/resolv.conf is written by the "
        f"network's own tools and must stay byte for byte, and the other databases keep their sources. {ELSEWHERE}"
    )
    return scene.draft(prompt, "sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf")


def second_line(rng: random.Random) -> Draft:
    """A forgotten line gives a name a second address, and a block of it must stay."""
    scene = Scene(rng)
    name, address, stale = scene.machine(), scene.address(), scene.address()
    full, companion = f"{name}.{scene.domain}", scene.machine()
    fleet = "\n".join(" ".join(line) for line in (*scene.entries(2), (address, full, name), *scene.entries(1)))
    block = f"# BEGIN fleet\n{fleet}\n# END fleet\n"
    hidden = f"{stale}\t\t{companion}.{scene.domain} {companion} {rng.choice((name.upper(), name.title(), name))}"
    scene.hosts(
        f"#{scene.address()} {full} {name}  # before the move",
        block.rstrip("\n"),
        *scene.entries(2),
        hidden,
        *scene.entries(2),
    )
    scene.stays("/etc/hosts", block, where="piece")
    scene.wants("address", name, want=[address])
    scene.keeps("address", full, want=[address])
    scene.wants("names", stale, want=sorted((companion, f"{companion}.{scene.domain}")))
    scene.keeps("address", companion, want=[stale])
    scene.keeps("reverse", address, want=full)
    prompt = (
        f"About every second connection to {name} ends at the wrong machine: it must be {address} and nothing else. "
        "The block between BEGIN fleet and END fleet in /etc/hosts is written by the fleet's own tool, is right, and "
        f"must stay byte for byte. {companion}.{scene.domain} and {companion} stay at {stale}."
    )
    edit = rf"sed -E 's/^({stale}.*{companion}) .*/\1/'"
    return scene.draft(prompt, f"cp /etc/hosts /tmp/h && {edit} /tmp/h > /etc/hosts")


def stopped_early(rng: random.Random) -> Draft:
    """An action in nsswitch.conf ends the search before the nameserver is asked."""
    scene = Scene(rng)
    known = scene.entries(3)
    outside = scene.address()
    zone = {f"TOKEN.{scene.domain}": outside, **{entry[1]: scene.address() for entry in known}}
    text = f"search {scene.domain}\nnameserver {scene.nameserver(zone)}\noptions timeout:3 attempts:2\n"
    scene.hosts(f"#{scene.address()} nameserver.{scene.domain}", *known)
    scene.resolver(text)
    scene.stays("/etc/resolv.conf", text)
    scene.switch(
        rng.choice(("files [NOTFOUND=return] dns", "files [!SUCCESS=return] dns", "files [notfound=return]  dns"))
    )
    scene.wants("address", f"TOKEN.{scene.domain}", want=[outside])
    scene.wants("address", "TOKEN", want=[outside])
    scene.other_sources = True
    scene.quiet(*(entry[1] for entry in known), is_goal=False)
    prompt = (
        "No name that is not in /etc/hosts is found on this machine, though the nameserver is well and "
        "/etc/resolv.conf is right: the network's own tools wrote it, and it must stay byte for byte. Names in "
        f"/etc/hosts must go on counting first, without the nameserver being asked for them. {ELSEWHERE}"
    )
    return scene.draft(prompt, "sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf")


def last_search(rng: random.Random) -> Draft:
    """A later line in resolv.conf takes the place of the right one."""
    scene = Scene(rng)
    first, second, old = scene.other_domains
    scene.hosts(*scene.entries(3))
    here, there, gone = scene.address(), scene.address(), scene.address()
    zone = {f"TOKEN-a.{first}": here, f"TOKEN-b.{second}": there, f"TOKEN-b.{old}": gone, f"TOKEN-c.{old}": gone}
    server = scene.nameserver(zone)
    head = f"# written at installation, do not edit\nsearch {first} {second}\nnameserver {server}\n"
    leftover = rng.choice((f"domain {old}", f"search {old}", f"search {old} {first}"))
    scene.resolver(f"{head}options timeout:3 attempts:2\n# tests of last year\n{leftover}\n")
    scene.switch("files dns")
    scene.stays("/etc/resolv.conf", head, where="top")
    scene.resolves(server, search=[first, second])
    scene.wants("address", "TOKEN-b", want=[there])
    scene.wants("address", "TOKEN-c", want=None)
    scene.keeps("address", f"TOKEN-c.{old}", want=[gone])
    (scene.keeps if first in leftover else scene.wants)("address", "TOKEN-a", want=[here])
    prompt = (
        f"Short names ought to be completed with {first} and then {second}, as the first search line of "
        "/etc/resolv.conf says, but are not. The first three lines of that file are the installer's and must stay byte "
        f"for byte, at the top. Names in {old} must be found when written in full, and only then. {ELSEWHERE}"
    )
    return scene.draft(prompt, f"cp /etc/resolv.conf /tmp/r && sed '/^{leftover}$/d' /tmp/r > /etc/resolv.conf")


def same_everywhere(rng: random.Random) -> Draft:
    """Three machines with hosts files of their own must agree on one service."""
    scene = Scene(rng)
    fleet = {scene.machine(): scene.address() for _ in range(3)}
    name, address, wrong = scene.machine(), scene.address(), scene.address()
    full = f"{name}.{scene.domain}"
    first = rng.choice(list(fleet))
    for machine in fleet:
        view = scene.member(fleet, machine, *([(wrong, full, name)] if machine == first else []))
        for asked in (name, full):
            scene.wants("address", asked, want=[address], view=view)
        scene.wants("reverse", address, want=full, view=view)
        (scene.wants if machine == first else scene.keeps)("reverse", wrong, want=None, view=view)
    prompt = (
        f"The hosts files of our machines lie in {TREE}/NAME/etc/hosts; from there each is copied to its machine. On "
        f"every one of them {full} and {name} must lead to {address} and nowhere else, and {address} back to {full}. "
        "Some lack it, and one has an old address, which is nobody's now. What else the files say differs and must "
        "stay."
    )
    drop = f"sed -i '/^{wrong}[[:space:]]/d' {TREE}/*/etc/hosts"
    add = f"for f in {TREE}/*/etc/hosts; do echo '{address} {full} {name}' >> $f; done"
    return scene.draft(prompt, drop, add, roots=(TREE,))


def moved_host(rng: random.Random) -> Draft:
    """One machine of three gets a new name and address; it has to know itself, and the others it."""
    scene = Scene(rng)
    fleet = {scene.machine(): scene.address() for _ in range(3)}
    moved = rng.choice(list(fleet))
    old_full, old, name, new = f"{moved}.{scene.domain}", fleet[moved], scene.machine(), scene.address()
    full = f"{name}.{scene.domain}"
    for machine in fleet:
        view, at = scene.member(fleet, machine, about=moved), "127.0.1.1" if machine == moved else new
        judged = scene.keeps if machine == moved else scene.wants
        for asked in (name, full):
            scene.wants("address", asked, want=[at], view=view)
        for asked in (moved, old_full):
            judged("address", asked, want=[at], view=view)
        scene.wants("reverse", at, want=full, view=view)
        judged("reverse", old, want=None, view=view)
    prompt = (
        f"The hosts files of our machines lie in {TREE}/NAME/etc/hosts; from there each is copied to its machine. "
        f"{old_full} becomes {full} and moves from {old} to {new}. The others must find it at {new} and nowhere else, "
        f"by {full}, {name} and, as aliases for a while, {old_full} and {moved}; {new} leads back to {full}, and {old} "
        f"is nobody's. On itself, where it is 127.0.1.1 and stays so, the same four names lead to 127.0.1.1, which "
        f"leads back to {full}. Its folder keeps its name, and what else the files say must stay."
    )
    names = f"{full} {name} {old_full} {moved}"
    own = f"sed -i 's/^127.0.1.1.*/127.0.1.1 {names}/' {TREE}/{moved}/etc/hosts"
    others = f"sed -i 's/^{old}[[:space:]].*/{new} {names}/' {TREE}/*/etc/hosts"
    return scene.draft(prompt, own, others, roots=(TREE,))
