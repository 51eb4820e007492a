"""Tickets about variables, search paths, umask and the skeleton of homes."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.login_environment.scene import PLAIN_UMASK, ROOT, Scene


def variable(rng: random.Random) -> Draft:
    """A variable in /etc/environment has the wrong value."""
    scene = Scene(rng)
    name, right, wrong = scene.variable, scene.value(), scene.value() + "-old"
    other, kept = f"{scene.vendor.upper()}_HOME", f"/opt/{scene.vendor}"
    scene.state.file("/etc/environment", f"{other}={kept}\n{name}={wrong}\n")
    for session in (f"{scene.person}/login", f"{scene.guest}/plain", "new/login"):
        scene.expect(session, {f"env {name}": right})
        scene.expect(session, {f"env {other}": kept, **PLAIN_UMASK}, goal=False)
    prompt = f"/etc/environment sets {name} to {wrong}. It must be {right}. {other} stays."
    gold = f"sed -i 's/^{name}=.*/{name}={right}/' /etc/environment"
    return scene.draft(prompt, gold, variables=[name, other])


def umask(rng: random.Random) -> Draft:
    """The site's umask is wrong, and the file that sets it is named."""
    scene = Scene(rng)
    right, mode = rng.choice((("027", "0640"), ("077", "0600"), ("007", "0660"), ("002", "0664")))
    text = f"# {scene.service}\numask 022\n"
    scene.state.file(scene.site, text)
    for session in (f"{scene.person}/login", f"{scene.guest}/sh-login", "new/login", ROOT):
        scene.expect(session, {"file": mode})
    scene.expect(f"{scene.mate}/plain", PLAIN_UMASK, goal=False)
    prompt = (
        f"In login sessions of all users, root too, the umask must be {right}, so that a new file has mode {mode}. "
        f"{scene.site} sets it to 022. Sessions that are no login sessions keep theirs."
    )
    return scene.draft(prompt, f"sed -i 's/^umask.*/umask {right}/' {scene.site}")


def tools_on_path(rng: random.Random) -> Draft:
    """All users find a service's programs, and none of these replaces one of the system's."""
    scene = Scene(rng)
    tools = scene.tools
    sessions = (f"{scene.person}/login", f"{scene.guest}/sh-login", "new/login", ROOT)
    for session in sessions:
        scene.expect(session, {f"found only:{tools}": tools})
        scene.expect(session, {f"found both:{tools}": "/usr/local/bin", **PLAIN_UMASK}, goal=False)
    scene.stays("/etc/profile")
    prompt = (
        f"In login sessions of every user, in bash as in sh, the programs in {tools} must be found by name. Where a "
        "program of the same name is in one of the folders that are searched now, that one must still be taken. "
        "/etc/profile is the package's and stays byte for byte."
    )
    return scene.draft(prompt, f"echo 'PATH=\"$PATH:{tools}\"; export PATH' > {scene.site}; chmod 644 {scene.site}")


def everywhere(rng: random.Random) -> Draft:
    """A variable that login sessions have must be in all other sessions too."""
    scene = Scene(rng)
    name, value = scene.variable, scene.value()
    scene.state.file(scene.site, f"{name}={value}\nexport {name}\n")
    for session in (f"{scene.person}/login", "new/login", f"{scene.guest}/sh-login"):
        scene.expect(session, {f"env {name}": value, **PLAIN_UMASK}, goal=False)
    for session in (f"{scene.mate}/plain", "new/plain"):
        scene.expect(session, {f"env {name}": value})
        scene.expect(session, PLAIN_UMASK, goal=False)
    prompt = (
        f"{scene.site} sets {name}={value} for login sessions. Sessions that read no profile, like those of "
        f"`su {scene.mate} -c ...`, lack it. It must be set in every session that PAM opens, whatever the "
        "shell, for all users there are and will be."
    )
    return scene.draft(prompt, f"echo '{name}={value}' >> /etc/environment", variables=[name])


def skeleton(rng: random.Random) -> Draft:
    """New homes get a file with a mode, and what they get now."""
    scene = Scene(rng)
    name, mode = f".{scene.service}rc", rng.choice(("0600", "0640", "0400"))
    line = f"{rng.choice(('server', 'queue', 'store'))} = {scene.value()}"
    scene.skeleton(**{name: {"text": f"{line}\n", "mode": mode}})
    for session in (f"{scene.person}/login", "new/login"):
        scene.expect(session, PLAIN_UMASK, goal=False)
    prompt = (
        f"Homes that `useradd -m` makes from now on must hold a file {name} with mode {mode} and the one line "
        f"`{line}`, the new user's own, beside what they get now, unchanged."
    )
    path = f"/etc/skel/{name}"
    return scene.draft(prompt, f"echo '{line}' > {path}; chmod {mode} {path}")


def one_team(rng: random.Random) -> Draft:
    """Another umask for the members of one group, of whatever primary group, and for nobody else."""
    scene = Scene(rng)
    alike = scene.state.group(f"{scene.team}-{rng.choice(('old', 'guests', 'x'))}")
    outsider = scene.state.user(f"{scene.guest}2", alike)
    right, mode = rng.choice((("007", "0660"), ("002", "0664"), ("027", "0640")))
    for session in (f"{scene.person}/login", f"{scene.mate}/sh-login", "late/login"):
        scene.expect(session, {"file": mode})
    for session in (f"{scene.guest}/login", f"{outsider}/login", f"{outsider}/sh-login", "new/login", ROOT):
        scene.expect(session, PLAIN_UMASK, goal=False)
    prompt = (
        f"Members of the group {scene.team}, those there are and those who join later, must have umask {right} in "
        f"login sessions of bash and sh. Nobody else's umask changes, not even that of the group {alike}."
    )
    test = f"case \" $(id -nG) \" in *' {scene.team} '*) umask {right};; esac"
    return scene.draft(prompt, f"cat > {scene.site} <<'END'\n{test}\nEND\nchmod 644 {scene.site}")


def one_person(rng: random.Random) -> Draft:
    """One user's own folder of programs comes first; nobody else has it."""
    scene = Scene(rng)
    person, tools, name, value = scene.person, scene.tools, scene.variable, scene.value()
    text = f"# {person}'s own\n{name}={value}\nexport {name}\n"
    scene.state.file(f"/home/{person}/.profile", text, owner=person, group=person)
    for session in (f"{person}/login", f"{person}/sh-login"):
        scene.expect(session, {f"found only:{tools}": tools, f"found both:{tools}": tools})
        scene.expect(session, {f"env {name}": value, **PLAIN_UMASK}, goal=False)
    for session in (f"{scene.mate}/login", "new/login", f"{scene.guest}/sh-login", ROOT):
        nothing = {f"found only:{tools}": None, f"env {name}": None, f"found both:{tools}": "/usr/local/bin"}
        scene.expect(session, nothing, goal=False)
    prompt = (
        f"{person}, and nobody else, must find the programs in {tools} in login sessions of bash and sh, and before "
        f"all others of the same name. The settings in {person}'s own profile stay, and {person} can still read and "
        "write that file."
    )
    line = f'PATH="{tools}:$PATH"; export PATH'
    return scene.draft(prompt, f"echo '{line}' >> /home/{person}/.profile", homes=[person], variables=[name])


def overridden(rng: random.Random) -> Draft:
    """A file of a package, read later, takes back what the site's file sets."""
    scene = Scene(rng)
    name, right, wrong = scene.variable, scene.value(), scene.value() + "-default"
    second, kept = f"{scene.vendor.upper()}_ROOT", f"/opt/{scene.vendor}"
    site, vendor = f"/etc/profile.d/{rng.randrange(10, 40)}-site.sh", f"/etc/profile.d/zz-{scene.vendor}.sh"
    scene.state.file(site, f"# The site's settings\nexport {name}={right}\n")
    scene.state.file("/etc/profile.d/zzz-site.conf", f"export {name}={right}\n")
    text = f"# Installed by the package {scene.vendor}\nexport {second}={kept}\nexport {name}={wrong}\numask 022\n"
    scene.state.file(vendor, text)
    scene.stays(vendor, text)
    scene.stays("/etc/profile")
    for session in (f"{scene.person}/login", f"{scene.guest}/sh-login", "new/login", ROOT):
        scene.expect(session, {f"env {name}": right})
        scene.expect(session, {f"env {second}": kept, **PLAIN_UMASK}, goal=False)
    prompt = (
        f"{site} sets {name} to {right}, and so, it seems, does a second file, yet login sessions have another value. "
        f"All users must get {right}, in bash and sh. {vendor} and /etc/profile belong to packages, which replace them "
        f"at every update: they stay byte for byte, and the other things that {vendor} sets stay in effect."
    )
    last = "/etc/profile.d/zzz-site.sh"
    gold = f"echo 'export {name}={right}' > {last}; chmod 644 {last}"
    return scene.draft(prompt, gold, variables=[name, second])


def own_profile(rng: random.Random) -> Draft:
    """A user's profile is not read, since another file of the user's comes first."""
    scene = Scene(rng)
    person, name, value = scene.person, scene.variable, scene.value()
    second, kept = f"{scene.vendor.upper()}_MODE", scene.value()
    first = f"/home/{person}/{rng.choice(('.bash_profile', '.bash_login'))}"
    profile = f"/home/{person}/.profile"
    scene.state.file(first, f"export {second}={kept}\n", owner=person, group=person)
    scene.state.file(profile, f"export {name}={value}\numask 027\n", owner=person, group=person)
    scene.expect(f"{person}/login", {f"env {name}": value, "file": "0640"})
    scene.expect(f"{person}/login", {f"env {second}": kept}, goal=False)
    scene.expect(f"{person}/sh-login", {f"env {name}": value, f"env {second}": None, "file": "0640"}, goal=False)
    for session in (f"{scene.mate}/login", "new/login", f"{person}/plain", ROOT):
        scene.expect(session, {f"env {name}": None, f"env {second}": None, **PLAIN_UMASK}, goal=False)
    prompt = (
        f"{person} says that what {profile} sets is ignored in login sessions of bash, though sh reads it. Find out "
        f"why. In bash all of it must be in effect, and {second} must still be {kept}. sh goes on as it does, and "
        "nobody else's sessions change."
    )
    return scene.draft(prompt, f"echo '. {profile}' >> {first}", homes=[person], variables=[name, second])


def agree(rng: random.Random) -> Draft:
    """One variable is set in four places that disagree."""
    scene = Scene(rng)
    person, name = scene.person, scene.variable
    right, *wrong = (f"{host}.{scene.vendor}.example:{rng.randrange(1024, 9999)}" for host in ("new", "a", "b", "c"))
    second, kept = f"{scene.vendor.upper()}_MODE", scene.value()
    scene.state.file("/etc/environment", f"{name}={wrong[0]}\n{second}={kept}\n")
    scene.state.file(scene.site, f"{name}={wrong[1]}\nexport {name}\n")
    profile = f"/home/{person}/.profile"
    scene.state.file(profile, f"umask 027\nexport {name}={wrong[2]}\n", owner=person, group=person)
    other_profile = f"/home/{scene.mate}/.bash_profile"
    scene.state.file(other_profile, f"export {name}={wrong[0]}\numask 077\n", owner=scene.mate, group=scene.mate)
    for session, mode in ((f"{person}/login", "0640"), (f"{scene.mate}/login", "0600"), ("new/login", "0644")):
        scene.expect(session, {f"env {name}": right})
        scene.expect(session, {f"env {second}": kept, "file": mode}, goal=False)
    for session, mode in ((f"{scene.guest}/plain", "0644"), (f"{person}/sh-login", "0640"), ("new/plain", "0644")):
        scene.expect(session, {f"env {name}": right})
        scene.expect(session, {f"env {second}": kept, "file": mode}, goal=False)
    prompt = (
        f"The server of {scene.service} has moved to {right}. {name} must say so in every session: of all users there "
        f"are and will be, in login sessions of bash and sh and in sessions that read no profile. It is set in several "
        f"places, in the system's files and in the homes of {person} and {scene.mate}. Whatever else these people and "
        "files set stays in effect."
    )
    gold = f"sed -i -E 's/({name})=.*/\\1={right}/' /etc/environment {scene.site} {profile} {other_profile}"
    return scene.draft(prompt, gold, homes=[person, scene.mate], variables=[name, second])
