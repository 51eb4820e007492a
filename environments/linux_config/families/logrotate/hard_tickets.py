"""Tickets about packages' files that get in the way, and about one policy for several services."""

from __future__ import annotations

import random
from dataclasses import replace

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.logrotate.scene import EVERYTHING, Frequency, Policy, Scene
from agentgym.environments.linux_config.names import NOUNS

SITE = "/etc/logrotate.site.d"
# A setting of a package's file that also counts for what is read after it, what comes of it, and what takes it back.
LEAKS = {
    "compress": ("old", "its old logs are compressed. They must stay uncompressed, as before", "nocompress"),
    "copytruncate": (
        "log",
        "it is copied and emptied in place, and lines are lost. Rotation must move it away and make a new file, with "
        "the mode and owner that it had, as before",
        "nocopytruncate",
    ),
    "nocreate": (
        "log",
        "it is gone after a rotation until somebody writes to it. Rotation must make a new, empty one at once, with "
        "the mode and owner that it had, as before",
        "create",
    ),
}


def vendor_first(rng: random.Random) -> Draft:
    """A package's stanza that is read first and names a log that has a stanza of its own."""
    scene = Scene(rng)
    noun = rng.choice([noun for noun in NOUNS if f"{scene.folder}/{noun}.log" != scene.log])
    vendor = scene.services(1)[0]
    theirs = Policy(scene.policy.keep + rng.randrange(1, 4), _other_frequency(rng, scene.policy), "all")
    path = scene.vendor(f"{rng.randrange(10, 80)}-{vendor}", theirs.block(f"{scene.folder}/*.log"))
    scene.configure(scene.policy.block(scene.log))
    scene.wants(scene.log, scene.policy, goals=("old", "often"))
    scene.wants(f"{scene.folder}/{noun}.log", theirs)
    prompt = (
        f"{scene.log} must rotate as {scene.config} says. Since the package {vendor} was installed it does not: "
        f"logrotate reports a duplicate entry and goes by {path}, which it reads first. That file is the package's and "
        f"must stay byte for byte, with its owner and mode, and must go on deciding about all other logs in "
        f"{scene.folder}. Logrotate must no longer report an error. Where the entry for {scene.log} "
        "stands is up to you."
    )
    add = f"sed -i 's/^    rotate/    ignoreduplicates\\n    rotate/' {scene.config}"
    return scene.draft(prompt, add, f"mv {scene.config} /etc/logrotate.d/00-{scene.service}", mends_errors=True)


def leaking_setting(rng: random.Random) -> Draft:
    """A setting outside of any stanza in a package's file, which counts for all files that are read after it."""
    scene = Scene(rng)
    vendor = scene.services(1)[0]
    setting = rng.choice(tuple(LEAKS))
    goal, symptom, remedy = LEAKS[setting]
    theirs = Policy(rng.randrange(2, 6), rng.choice(("daily", "weekly")), "all", in_place=setting == "copytruncate")
    folder = scene.state.directory(f"/var/log/{vendor}")
    path = scene.vendor(f"{rng.randrange(10, 80)}-{vendor}", f"{setting}\n\n{theirs.block(f'{folder}/*.log')}")
    lines = (scene.policy.frequency, f"rotate {scene.policy.keep}", "missingok")
    scene.configure("\n".join([f"{scene.log} {{", *(f"    {line}" for line in lines), "}"]) + "\n")
    scene.wants(scene.log, scene.policy, goals=(goal,))
    scene.wants(f"{folder}/{rng.choice(NOUNS)}.log", theirs)
    prompt = (
        f"Nobody has touched {scene.config}, yet since the package {vendor} was installed {scene.log} is rotated in "
        f"another way: {symptom}. {path} is the package's and must stay byte for byte, with its owner and mode, and "
        f"the logs in {folder} must rotate as they do."
    )
    return scene.draft(prompt, f"sed -i 's/^    rotate/    {remedy}\\n    rotate/' {scene.config}")


def site_folder(rng: random.Random) -> Draft:
    """One policy with exceptions for three services, in a folder that logrotate does not read."""
    scene = Scene(rng)
    names = [scene.service, *scene.services(2)]
    for name in names[1:]:
        scene.state.user(name)
    shared = Policy(rng.randrange(4, 8), rng.choice(("weekly", "monthly")), "all")
    own = {name: replace(shared, owner=name) for name in names}
    own[names[1]] = replace(own[names[1]], in_place=True)
    own[names[2]] = replace(own[names[2]], keep=shared.keep + rng.randrange(2, 6), frequency="daily")
    logs = {name: f"/var/log/{name}/{noun}.log" for name, noun in zip(names, rng.sample(NOUNS, 3), strict=True)}
    for name in names[1:]:
        scene.state.directory(f"/var/log/{name}")
    first, second, third = names
    scene.configure(own[first].block(logs[first], keep=shared.keep - 2), path=f"{SITE}/{first}")
    scene.configure(own[second].block(logs[second], in_place=False), path=f"{SITE}/{second}", mode=0o664)
    scene.configure(own[third].block(logs[third]), path=f"{SITE}/{third}")
    scene.configure(replace(shared, owner=third).block(logs[third]), path=f"/etc/logrotate.d/{third}")
    scene.wants(logs[first], own[first], goals=EVERYTHING, fresh=True)
    scene.wants(logs[second], own[second], goals=EVERYTHING, fresh=True)
    scene.wants(logs[third], own[third], goals=("old", "often"), fresh=True)
    prompt = (
        f"The stanzas of {first}, {second} and {third} were to move to {SITE}, but logrotate does not read that folder "
        f"yet, and what was written there does not agree. Have {logs[first]}, {logs[second]} and {logs[third]} rotated "
        f"by one policy: {shared.frequency}, {shared.keep} old logs kept, all of them compressed, and the new log with "
        "mode 0640, the service itself (the user of the same name) as owner, and group adm. There are two exceptions: "
        f"{second} cannot open its log again, which must stay the same file, emptied; and the log of {third} rotates "
        f"daily, with {own[third].keep} old logs kept. Logrotate must succeed when it reads /etc/logrotate.conf. You "
        f"may keep stanzas in {SITE} and below /etc/logrotate.d, as you like."
    )
    gold = (
        f"echo 'include {SITE}' >> /etc/logrotate.conf",
        f"rm /etc/logrotate.d/{third}",
        f"sed -i 's/rotate .*/rotate {shared.keep}/' {SITE}/{first}",
        f"sed -i 's/create .*/copytruncate/' {SITE}/{second}; chmod 644 {SITE}/{second}",
    )
    return scene.draft(prompt, *gold, more=(SITE,))


def _other_frequency(rng: random.Random, policy: Policy) -> Frequency:
    every: tuple[Frequency, ...] = ("daily", "weekly", "monthly")
    return rng.choice([word for word in every if word != policy.frequency])
