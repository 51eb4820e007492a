"""Tickets about how many logs are kept, how often, in what form, and why they are not rotated at all."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.logrotate.scene import EVERYTHING, Policy, Scene


def keep_more(rng: random.Random) -> Draft:
    """Another number of old logs."""
    scene = Scene(rng)
    now = rng.choice([number for number in range(1, 10) if number != scene.policy.keep])
    scene.configure(scene.policy.block(scene.log, keep=now))
    scene.wants(scene.log, scene.policy, goals=("old",))
    prompt = f"{scene.config} keeps {now} old logs of {scene.log}. It must keep {scene.policy.keep}."
    return scene.draft(prompt, f"sed -i 's/rotate {now}/rotate {scene.policy.keep}/' {scene.config}")


def how_often(rng: random.Random) -> Draft:
    """Another frequency."""
    scene = Scene(rng)
    wanted = scene.policy.frequency
    now = rng.choice([word for word in ("daily", "weekly", "monthly") if word != wanted])
    scene.configure(scene.policy.block(scene.log, frequency=now))
    scene.wants(scene.log, scene.policy, goals=("often",))
    prompt = f"{scene.config} rotates {scene.log} {now}. It must be {wanted}."
    return scene.draft(prompt, f"sed -i 's/{now}/{wanted}/' {scene.config}")


def compress(rng: random.Random) -> Draft:
    """Old logs must be compressed."""
    scene = Scene(rng)
    scene.configure(scene.policy.block(scene.log))
    scene.policy.packed = "all"
    scene.wants(scene.log, scene.policy, goals=("old",))
    prompt = f"The old logs of {scene.log} must be compressed; {scene.config} says nocompress."
    return scene.draft(prompt, f"sed -i 's/nocompress/compress/' {scene.config}")


def new_log(rng: random.Random) -> Draft:
    """A log that nothing rotates yet."""
    scene = Scene(rng)
    scene.policy = Policy(scene.policy.keep, scene.policy.frequency, "all", 0o640, scene.service, "adm")
    scene.wants(scene.log, scene.policy, goals=EVERYTHING, fresh=True)
    prompt = (
        f"{scene.service} writes {scene.log}, which nothing rotates yet. Rotate it {scene.policy.frequency}, keep "
        f"{scene.policy.keep} old logs, all of them compressed, and make the new log with mode 0640, owner "
        f"{scene.service} and group adm. The configuration belongs into {scene.config}."
    )
    block = scene.policy.block(scene.log).rstrip("\n")
    return scene.draft(prompt, f"cat > {scene.config} <<'END'\n{block}\nEND")


def new_mode(rng: random.Random) -> Draft:
    """The log that rotation makes has the wrong owner and mode."""
    scene = Scene(rng)
    mode = rng.choice((0o640, 0o660, 0o600))
    scene.policy.mode, scene.policy.owner = mode, scene.service
    scene.configure(scene.policy.block(scene.log, mode=0o644, owner="root", group="root"))
    scene.wants(scene.log, scene.policy, goals=("log",))
    prompt = (
        f"After each rotation {scene.service} cannot write {scene.log} any more: the new log is root's. Rotation must "
        "make "
        f"it with mode {mode:04o}, owner {scene.service} and group adm."
    )
    line = f"create {mode:04o} {scene.service} adm"
    return scene.draft(prompt, f"sed -i 's/create .*/{line}/' {scene.config}")


def first_uncompressed(rng: random.Random) -> Draft:
    """The newest old log stays plain, the others are compressed."""
    scene = Scene(rng)
    scene.policy.packed = "all"
    scene.configure(scene.policy.block(scene.log))
    scene.policy.packed = "all-but-first"
    scene.wants(scene.log, scene.policy, goals=("old",))
    prompt = (
        f"People still read yesterday's log of {scene.service}. Of the old logs of {scene.log} the newest must stay "
        f"uncompressed, the older ones compressed as they are now."
    )
    return scene.draft(prompt, f"sed -i 's/ compress/ compress\\n    delaycompress/' {scene.config}")


def file_refused(rng: random.Random) -> Draft:
    """A right stanza in a file that logrotate does not trust."""
    scene = Scene(rng)
    scene.configure(scene.policy.block(scene.log), mode=rng.choice((0o664, 0o666, 0o646)))
    scene.wants(scene.log, scene.policy, goals=EVERYTHING)
    prompt = (
        f"{scene.log} has grown for months and is never rotated, though {scene.config} says all the right things. Find "
        "out why logrotate passes over it, and mend that."
    )
    return scene.draft(prompt, f"chmod 644 {scene.config}")


def shared_folder(rng: random.Random) -> Draft:
    """A log in a folder that a group may write to."""
    scene = Scene(rng)
    scene.state.directory(scene.folder, 0o775, owner=scene.service, group=scene.service)
    scene.policy.owner = scene.policy.group = scene.service
    scene.configure(scene.policy.block(scene.log))
    scene.wants(scene.log, scene.policy, goals=("old", "log", "due"))
    prompt = (
        f"logrotate skips {scene.log} with a complaint about its parent directory. The folder {scene.folder} must "
        "stay as it "
        f"is, for several programs of the group {scene.service} write there. Let logrotate do this rotation as user "
        f"{scene.service} and group {scene.service}."
    )
    return scene.draft(
        prompt,
        f"sed -i 's/rotate /su {scene.service} {scene.service}\\n    rotate /' {scene.config}",
        mends_errors=True,
    )


def same_file(rng: random.Random) -> Draft:
    """A program that goes on writing to the file it has open."""
    scene = Scene(rng)
    scene.configure(scene.policy.block(scene.log))
    scene.policy.in_place = True
    scene.wants(scene.log, scene.policy, goals=("log",))
    prompt = (
        f"{scene.service} opens {scene.log} once and cannot be told to open it again, so after a rotation it goes on "
        "writing "
        f"into the old log. Rotate {scene.log} in a way that leaves it the same file, emptied."
    )
    return scene.draft(prompt, f"sed -i 's/create .*/copytruncate/' {scene.config}")


def named_twice(rng: random.Random) -> Draft:
    """A forgotten file that names the same log."""
    scene = Scene(rng)
    scene.configure(scene.policy.block(scene.log))
    old = f"/etc/logrotate.d/{rng.choice(('a-old', 'aaa', 'archive'))}-{scene.service}"
    scene.configure(scene.policy.block(scene.log, keep=scene.policy.keep + 3), path=old)
    scene.wants(scene.log, scene.policy, goals=("old",))
    prompt = (
        f"Since a migration logrotate reports a duplicate log entry for {scene.log}. What {scene.config} says is "
        "right; "
        "the other entry has to go."
    )
    return scene.draft(prompt, f"rm {old}", mends_errors=True)


def by_size(rng: random.Random) -> Draft:
    """A log that is rotated when it has grown, whatever the date."""
    scene = Scene(rng)
    scene.configure(scene.policy.block(scene.log))
    frequency, scene.policy.frequency = scene.policy.frequency, ""
    size = rng.randrange(5, 50)
    scene.wants(scene.log, scene.policy, size=size << 10, goals=("due",))
    prompt = (
        f"{scene.log} is rotated {frequency}, whatever its size. It must be rotated when it has grown to more than "
        f"{size} KiB, and "
        "only then: neither earlier, nor because of the date."
    )
    return scene.draft(prompt, f"sed -i 's/{frequency}/size {size}k/' {scene.config}")
