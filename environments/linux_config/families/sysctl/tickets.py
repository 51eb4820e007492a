"""Tickets about kernel settings."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.sysctl.scene import (
    CONF,
    INTERFACES,
    LOCAL,
    TREES,
    UNSET,
    VENDOR,
    Scene,
)

SWITCHES = ("rp_filter", "log_martians", "shared_media", "secure_redirects", "arp_filter", "proxy_arp_pvlan")


def set_value(rng: random.Random) -> Draft:
    """One key must get a value."""
    scene = Scene(rng)
    key, wanted, _ = scene.setting()
    kept, value, _ = scene.setting()
    scene.configure(f"{LOCAL}/{rng.randrange(20, 60)}-{scene.other}.conf", {kept: value})
    scene.wants(key, wanted)
    scene.keeps(kept, value)
    prompt = f"{scene.service} needs the kernel setting {key} to be {wanted} from the next boot on."
    return scene.draft(prompt, f"echo '{key} = {wanted}' > {LOCAL}/70-{scene.service}.conf")


def misspelt(rng: random.Random) -> Draft:
    """A key is spelt wrong, and sysctl says so."""
    scene = Scene(rng)
    key, wanted, _ = scene.setting()
    kept, value, _ = scene.setting()
    place = rng.randrange(key.rindex(".") + 2, len(key) - 1)
    wrong = key[:place] + key[place + 1 :]
    path = scene.configure(f"{LOCAL}/{rng.randrange(20, 90)}-{scene.service}.conf", {kept: value, wrong: wanted})
    scene.wants(key, wanted)
    scene.keeps(kept, value)
    prompt = (
        f"`sysctl --system` says: cannot stat /proc/sys/{wrong.replace('.', '/')}: No such file or directory. What "
        f"{scene.service} needs is {key}, with the value that {path} gives."
    )
    return scene.draft(prompt, f"sed -i 's/^{wrong}\\b/{key}/' {path}")


def profile(rng: random.Random) -> Draft:
    """Several settings in words."""
    scene = Scene(rng)
    mib, minutes, low = rng.randrange(1, 33), rng.randrange(3, 100), rng.randrange(11, 30) * 1000
    high, seconds, backlog = low + rng.randrange(20, 35) * 1000 - 1, rng.randrange(5, 50), rng.randrange(500, 9000)
    values = {
        "net.core.rmem_max": mib << 20,
        "net.ipv4.tcp_keepalive_time": minutes * 60,
        "net.ipv4.ip_local_port_range": f"{low} {high}",
        "net.ipv4.tcp_fin_timeout": seconds,
        "net.core.somaxconn": backlog,
    }
    words = {
        "net.core.rmem_max": f"a socket may have a receive buffer of up to {mib} MiB",
        "net.ipv4.tcp_keepalive_time": f"idle TCP connections are probed after {minutes} minutes",
        "net.ipv4.ip_local_port_range": f"outgoing connections take the ports {low} to {high}",
        "net.ipv4.tcp_fin_timeout": f"a connection stays in FIN-WAIT-2 for {seconds} seconds",
        "net.core.somaxconn": f"up to {backlog} connections may wait to be accepted",
    }
    chosen = rng.sample(list(values), 3)
    for key in chosen:
        scene.wants(key, values[key])
    prompt = (
        f"The machine of {scene.service} gets a profile: {words[chosen[0]]} ({chosen[0]}), {words[chosen[1]]} "
        f"({chosen[1]}), and {words[chosen[2]]} ({chosen[2]}). Mind the units that the kernel counts in."
    )
    lines = "\\n".join(f"{key} = {values[key]}" for key in chosen)
    return scene.draft(prompt, f"printf '{lines}\\n' > {LOCAL}/70-{scene.service}.conf")


def every_interface(rng: random.Random) -> Draft:
    """A switch is set for every network interface."""
    scene = Scene(rng)
    switch, value = rng.choice(SWITCHES), rng.choice((0, 1))
    for interface in INTERFACES:
        scene.wants(f"net.ipv4.conf.{interface}.{switch}", value)
    prompt = (
        f"net.ipv4.conf.NAME.{switch} must be {value} for all, for default and for every network interface that there "
        "is when the settings are applied, lo included; their names differ from boot to boot, so do not list them."
    )
    return scene.draft(prompt, f"echo 'net.ipv4.conf.*.{switch} = {value}' > {LOCAL}/60-{scene.service}.conf")


def not_read(rng: random.Random) -> Draft:
    """The file has a name that sysctl passes over."""
    scene = Scene(rng)
    key, wanted, _ = scene.setting()
    second, also, _ = scene.setting()
    path = f"{LOCAL}/{rng.randrange(20, 90)}-{scene.service}"
    end = rng.choice(("", ".cnf", ".conf.new", ".config"))
    scene.configure(path + end, {key: wanted, second: also})
    scene.wants(key, wanted)
    scene.wants(second, also)
    prompt = (
        f"{path}{end} says all that {scene.service} needs, and is right, but nothing of it is in force after a boot. "
        "Have it applied."
    )
    return scene.draft(prompt, f"mv {path}{end} {path}.conf")


def all_but_one(rng: random.Random) -> Draft:
    """A switch is set for every network interface but one."""
    scene = Scene(rng)
    switch, value = rng.choice(SWITCHES), rng.choice((1, 0))
    spared = rng.choice(("eth0", "eth1", "lo"))
    path = scene.configure(
        f"{LOCAL}/50-{scene.service}.conf", {f"net.ipv4.conf.{spared}.{switch}": value, "vm.swappiness": 10}
    )
    scene.keeps("vm.swappiness", 10)
    for interface in INTERFACES:
        if interface == spared:
            scene.wants(f"net.ipv4.conf.{interface}.{switch}", UNSET)
        else:
            scene.wants(f"net.ipv4.conf.{interface}.{switch}", value)
    prompt = (
        f"{path} has it the wrong way round: net.ipv4.conf.NAME.{switch} must be {value} for all, for default and for "
        f"every network interface that there is when the settings are applied, by whatever name, but it must not be "
        f"set at all for {spared}, to no value: there the kernel decides."
    )
    edit = f"s/.*{switch}.*/net.ipv4.conf.*.{switch} = {value}\\n-net.ipv4.conf.{spared}.{switch}/"
    return scene.draft(prompt, f"sed -i '{edit}' {path}")


def surplus(rng: random.Random) -> Draft:
    """More is set than was agreed on, and not in one place."""
    scene = Scene(rng)
    agreed = [scene.setting() for _ in range(2)]
    extra = [scene.setting() for _ in range(3)]
    kept, value, _ = scene.setting()
    scene.configure(f"{LOCAL}/40-{scene.other}.conf", {kept: value, extra[0][0]: extra[0][2]})
    scene.configure(f"{LOCAL}/60-{scene.service}.conf", {key: one for key, one, _ in rng.sample([*agreed, *extra], 5)})
    scene.configure(CONF, {extra[1][0].replace(".", "/"): extra[1][2]}, title="Configuration of the kernel")
    scene.keeps(kept, value)
    for key, one, _ in agreed:
        scene.keeps(key, one)
    for key, *_ in extra:
        scene.wants(key, UNSET)
    names = [key for key, *_ in rng.sample(extra, 3)]
    prompt = (
        f"The review of {scene.service} found settings that nobody agreed to: {names[0]}, {names[1]} and {names[2]}. "
        f"No file may set these any more, to no value: the kernel decides. {agreed[0][0]} and {agreed[1][0]} were "
        f"agreed to and stay as they are, and so does what {scene.other} needs."
    )
    words = "|".join(key.replace(".", "[./]") for key in names)
    return scene.draft(prompt, f"sed -E -i '/^({words})[ =]/d' {LOCAL}/*.conf {CONF}")


def mask_vendor(rng: random.Random) -> Draft:
    """A package's file sets what must not be set, and one thing that must."""
    scene = Scene(rng)
    name = f"{rng.randrange(20, 90)}-{scene.service}.conf"
    unwanted, (kept, value, _), (own, ours, _) = [scene.setting() for _ in range(2)], scene.setting(), scene.setting()
    values = {key: one for key, one, _ in rng.sample([*unwanted, (kept, value, 0)], 3)}
    scene.configure(f"{VENDOR}/{name}", values, title=f"{scene.service} package")
    scene.configure(f"{LOCAL}/{rng.randrange(20, 90)}-{scene.other}.conf", {own: ours}, title="our own")
    later = scene.update(
        f"{VENDOR}/{name}", "".join(f"{key} = {two}\n" for key, _, two in [*unwanted, (kept, 0, value + 1)])
    )
    for machine in (0, later):
        (scene.wants if machine else scene.keeps)(kept, value, machine=machine)
        scene.keeps(own, ours, machine=machine)
        for key, *_ in unwanted:
            scene.wants(key, UNSET, machine=machine)
    prompt = (
        f"The package {scene.service} brings {VENDOR}/{name}. Of what it sets, {kept} = {value} is right and stays in "
        "force; everything else in it must not be set by any file, to no value: the kernel decides. That must "
        "outlast updates of the package, which write the file anew."
    )
    return scene.draft(prompt, f"echo '{kept} = {value}' > {LOCAL}/{name}")


def overridden(rng: random.Random) -> Draft:
    """The right file is read, and a later one of a package counts."""
    scene = Scene(rng)
    (key, wanted, wrong), (also, theirs, _), (more, mine, older) = [scene.setting() for _ in range(3)]
    first, last = rng.randrange(20, 50), rng.randrange(60, 90)
    ours = scene.configure(
        f"{LOCAL}/{first}-{scene.service}.conf",
        {key: wanted, more: mine},
        title="written by the fleet's tool",
        stays=True,
    )
    scene.configure(f"{VENDOR}/{last}-{scene.other}.conf", {also: theirs, key: wrong}, title=f"{scene.other} package")
    scene.configure(f"{LOCAL}/{first - 5}-old.conf", {more: older, key: wrong + 1}, title="before the move")
    scene.wants(key, wanted)
    scene.keeps(also, theirs)
    scene.keeps(more, mine)
    prompt = (
        f"{ours} sets {key} to {wanted}, and yet it is {wrong} after every boot. It must be {wanted}. {ours} is right, "
        "is written by the fleet's own tool, and stays byte for byte."
    )
    return scene.draft(prompt, f"echo '{key} = {wanted}' > {LOCAL}/95-{scene.service}.conf")


def shadowed(rng: random.Random) -> Draft:
    """An old file of ours hides a package's file of the same name."""
    scene = Scene(rng)
    name = f"{rng.randrange(20, 90)}-{scene.service}.conf"
    theirs = [scene.setting() for _ in range(3)]
    own, ours, _ = scene.setting()
    scene.configure(f"{VENDOR}/{name}", {key: one for key, one, _ in theirs}, title=f"{scene.service} package")
    scene.configure(f"{LOCAL}/{name}", {own: ours, theirs[0][0]: theirs[0][2]}, title="local changes")
    for key, one, _ in theirs[1:]:
        scene.wants(key, one)
    added, value, _ = scene.setting()
    update = {theirs[0][0]: theirs[0][1], theirs[1][0]: theirs[1][2], added: value}
    later = scene.update(f"{VENDOR}/{name}", "".join(f"{key} = {number}\n" for key, number in update.items()))
    scene.wants(theirs[1][0], theirs[1][2], machine=later)
    scene.wants(added, value, machine=later)
    for machine in (0, later):
        scene.keeps(theirs[0][0], theirs[0][2], machine=machine)
        scene.keeps(own, ours, machine=machine)
    prompt = (
        f"Since the update the package {scene.service} brings {VENDOR}/{name}, but {theirs[1][0]} and {theirs[2][0]} "
        "are not as it says. All that it sets must be in force, now and after an update that sets other things, "
        f"except where our own settings differ: {own} = {ours} and {theirs[0][0]} = {theirs[0][2]} are ours and stay."
    )
    return scene.draft(prompt, f"mv {LOCAL}/{name} {LOCAL}/95-local.conf")


def same_everywhere(rng: random.Random) -> Draft:
    """Three machines that set a key in different places must agree."""
    scene = Scene(rng)
    key, wanted, wrong = scene.setting()
    names = scene.machines[:3]
    places = rng.sample(("etc/sysctl.conf", "etc/sysctl.d/60-tuning.conf", "usr/lib/sysctl.d/90-package.conf"), 3)
    for name, place in zip(names, places, strict=True):
        number = scene.machine(name)
        kept, value, _ = scene.setting()
        scene.configure(f"{TREES}/{name}/{place}", {kept: value, key: wrong}, stays=place.startswith("usr"))
        scene.configure(f"{TREES}/{name}/etc/sysctl.d/30-{scene.service}.conf", {key: wanted})
        scene.keeps(kept, value, machine=number)
        scene.wants(key, wanted, machine=number)
    prompt = (
        f"{scene.service} runs on three machines, {names[0]}, {names[1]} and {names[2]}, whose files lie below "
        f"{TREES}/NAME. On all of them {key} must be {wanted}; each has a file that says so, and on none is it so. "
        "Where a package's file in usr/lib is in the way, it stays byte for byte."
    )
    edits = [f"{TREES}/{name}/{place}" for name, place in zip(names, places, strict=True) if place.startswith("etc")]
    package = next(name for name, place in zip(names, places, strict=True) if place.startswith("usr"))
    return scene.draft(
        prompt,
        f"sed -i '/^{key}[ =]/d' {' '.join(edits)}",
        f"echo '{key} = {wanted}' > {TREES}/{package}/etc/sysctl.d/95-{scene.service}.conf",
    )


def one_gateway(rng: random.Random) -> Draft:
    """Of three machines one forwards packets and the others must not."""
    scene = Scene(rng)
    names = scene.machines[:3]
    gateway, stray, plain = rng.sample(names, 3)
    forward, redirects = "net.ipv4.ip_forward", "net.ipv4.conf.{}.send_redirects"
    spelt = rng.choice((forward, forward.replace(".", "/")))
    for name in names:
        number = scene.machine(name)
        kept, value, _ = scene.setting()
        folder = f"{TREES}/{name}/etc/sysctl.d"
        values: dict[str, object] = {kept: value}
        if name == stray:
            scene.configure(f"{folder}/80-lab.conf", {spelt: 1}, title="for a trial")
        if name == gateway:
            values[forward] = 0
        scene.configure(f"{folder}/50-{scene.service}.conf", values)
        scene.keeps(kept, value, machine=number)
        scene.wants(forward, 1 if name == gateway else 0, machine=number)
        for interface in INTERFACES:
            scene.wants(redirects.format(interface), 0, machine=number)
    prompt = (
        f"Of the three machines whose files lie below {TREES}/NAME, {gateway} is the gateway: there, and only there, "
        f"{forward} must be 1. On {' and '.join(sorted((stray, plain)))} it must be 0, by a file that says so, not by "
        "the kernel's default. On all three net.ipv4.conf.NAME.send_redirects must be 0 for all, for default and for "
        "every network interface that there is when the settings are applied, by whatever name."
    )
    line = "net.ipv4.conf.*.send_redirects = 0"
    every = f"for d in {TREES}/*/etc; do printf '{forward} = 0\\n{line}\\n' > $d/sysctl.d/95-roles.conf; done"
    return scene.draft(
        prompt, every, f"sed -i 's/forward = 0/forward = 1/' {TREES}/{gateway}/etc/sysctl.d/95-roles.conf"
    )
