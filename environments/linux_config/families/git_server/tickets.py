"""Tickets about what a bare repository takes and what it refuses."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.git_server import hooks
from agentgym.environments.linux_config.families.git_server.scene import MAIN, OLD, Scene, commit, write
from agentgym.environments.linux_config.names import NOUNS, SERVICES, VERBS


def _usual(
    scene: Scene, message: str = "some work", *, delete: bool = True, force: bool = True, path: str = ""
) -> None:
    """Push as everybody does: by two users, to a new branch, several refs at once; then force and delete."""
    path = path or scene.repository
    name = path.rpartition("/")[2]
    scene.push(f"{name}: a push", commit(message), repository=path)
    scene.push(f"{name}: another user's push", commit(message), commit(message), user=scene.users[1], repository=path)
    refs = [f"refs/made/a:refs/heads/{scene.users[0]}/two"]
    also = {f"refs/heads/{scene.users[0]}/two": "new"}
    one = f"refs/heads/{scene.users[0]}/one"
    scene.push(f"{name}: two new branches", commit(message), to=one, more=refs, also=also, repository=path)
    tag = f"refs/tags/v{scene.rng.randrange(9)}.{scene.rng.randrange(30)}.{scene.rng.randrange(30)}"
    scene.push(f"{name}: a new tag", commit(message), to=tag, tag=True, user=scene.lead, repository=path)
    if force:
        scene.rewind(f"{name}: a forced push", OLD, message=message, repository=path)
    if delete:
        scene.delete(f"{name}: a deletion", OLD, user=scene.users[1], repository=path)


def _git(path: str, key: str, value: str) -> str:
    return f"git --git-dir={path} config {key} {value}"


def non_fast_forward(rng: random.Random) -> Draft:
    """Forced pushes must be refused."""
    scene = Scene(rng)
    _usual(scene, force=False, delete=False)
    scene.rewind("a forced push to main", MAIN, refused=True, goal=True, user=scene.lead)
    scene.rewind("a forced push to another branch", OLD, refused=True, goal=True, user=scene.users[1])
    scene.delete("a deletion", OLD)
    ticket = (
        f"In {scene.repository} history gets lost by forced pushes. Set receive.denyNonFastForwards there, so that "
        "nobody can rewind a branch any more. Branches may still be deleted."
    )
    return scene.draft(ticket, _git(scene.repository, "receive.denyNonFastForwards", "true"))


def keep_branches(rng: random.Random) -> Draft:
    """Branches must not be deleted."""
    scene = Scene(rng)
    _usual(scene, delete=False)
    scene.delete("a deletion of old", OLD, refused=True, goal=True)
    scene.delete("a deletion of a new branch", f"refs/heads/{scene.users[0]}/one", refused=True, goal=True)
    ticket = (
        f"Somebody deleted a branch of {scene.repository} by accident. Set receive.denyDeletes there, so that no "
        f"branch "
        "can be deleted by a push any more. Forced pushes are wanted and go on working."
    )
    return scene.draft(ticket, _git(scene.repository, "receive.denyDeletes", "true"))


def default_branch(rng: random.Random) -> Draft:
    """Clones must begin on another branch."""
    scene = Scene(rng)
    wrong = f"refs/heads/{rng.choice(('master', 'trunk', 'develop'))}"
    scene.shell(f"git --git-dir={scene.repository} symbolic-ref HEAD {wrong}; chmod 644 {scene.repository}/HEAD")
    scene.clone("a clone begins on main", {"refused": False, "branch": MAIN}, goal=True)
    _usual(scene)
    scene.clone("another clone", {"refused": False, "branch": MAIN}, goal=True, user=scene.users[1])
    ticket = (
        f"Clones of {scene.repository} come up empty: its HEAD names {wrong}, which there is not. It must name "
        f"{MAIN}. No branch is to be added."
    )
    return scene.draft(ticket, f"git --git-dir={scene.repository} symbolic-ref HEAD {MAIN}")


def hook_asleep(rng: random.Random) -> Draft:
    """A right hook that is no program."""
    scene = Scene(rng)
    key = rng.choice(NOUNS).upper()
    path = scene.hook("pre-receive", hooks.message_rule(key), mode=rng.choice(("644", "640", "600")), stays=True)
    scene.push("a wrong message", commit("some work"), refused=True, goal=True)
    _usual(scene, f"{key}-{rng.randrange(1, 999)}: @token")
    ticket = (
        f"{path} is to refuse commits whose subject does not begin with `{key}-NUMBER: `, but such commits come "
        "through: the file is not executable. Its text is right and stays."
    )
    return scene.draft(ticket, f"chmod 755 {path}")


def dubious_owner(rng: random.Random) -> Draft:
    """Git refuses a repository of somebody else's."""
    scene = Scene(rng)
    known, closed = scene.make(), scene.make()
    scene.safe = [known, scene.repository]
    scene.state.file("/etc/gitconfig", f"[safe]\n\tdirectory = {known}\n")
    scene.clone("a clone", {"refused": False, "branch": MAIN}, goal=True)
    scene.clone("a clone of a safe one", {"refused": False, "branch": MAIN}, path=known)
    scene.clone("a clone of one that is not safe", {"refused": True}, path=closed)
    _usual(scene)
    ticket = (
        f"Nobody can push to {scene.repository} any more, nor clone it: `fatal: detected dubious ownership in "
        f"repository "
        f"at '{scene.repository}'`. It belongs to root on purpose. Enter it as a safe directory into /etc/gitconfig, "
        f"for all users, beside {known}, which stays there. {closed} is not in use yet and must stay refused like this."
    )
    gold = f"git config --system --add safe.directory {scene.repository}"
    return scene.draft(ticket, gold, files=("/etc/gitconfig",))


def shared(rng: random.Random) -> Draft:
    """What one user has pushed another cannot add to."""
    scene = Scene(rng, shared="umask")
    for number in range(3):
        user, mate = (scene.lead, scene.users[0]) if number % 2 else (scene.users[0], scene.lead)
        branch = f"refs/heads/topic/{number}"
        scene.push(f"branch {number}", commit("one"), to=branch, user=user, umask="077")
        name = f"another user's push to branch {number}"
        scene.push(name, commit("two"), to=branch, base=branch, user=mate, new=False, umask="077", goal=True)
    _usual(scene)
    ticket = (
        f"When one of the team has pushed a branch to {scene.repository}, the others cannot push to it: `insufficient "
        f"permission for adding an object` or `Permission denied`. Set the repository up so that whatever a push "
        f"writes "
        f"from now on can be written by the whole group {scene.team}, whatever umask the user has (077 is usual "
        f"here). Its "
        "folders have the right group and modes already."
    )
    return scene.draft(ticket, _git(scene.repository, "core.sharedRepository", "group"))


def message_rule(rng: random.Random) -> Draft:
    """All new commits must name a ticket."""
    scene = Scene(rng)
    key = rng.choice(NOUNS).upper()
    good, where = f"{key}-{rng.randrange(1, 999)}: @token", f"{scene.repository}/hooks/pre-receive"
    _try_messages(scene, scene.repository, key, good)
    ticket = (
        f"Write {where}: in {scene.repository} the subject of every new commit must begin with `{key}-`, digits, a "
        f"colon "
        f"and a space, as in `{key}-17: tidy up`. A push that brings a commit without it, to whatever branch, is "
        f"refused "
        "as a whole, also when only one commit in its middle is wrong. What is there already does not count."
    )
    return scene.draft(ticket, write(where, hooks.message_rule(key)))


def _try_messages(scene: Scene, path: str, key: str, good: str, *, delete: bool = True) -> None:
    name, new = path.rpartition("/")[2], f"refs/heads/{scene.users[1]}/wrong"
    bad = [f"some {key}-1: work", f"{key}-: work", f"{key.lower()}-2: work", f"{key}-3 work", f"X{key}-4: work"]
    for number, message in enumerate(scene.rng.sample(bad, 3)):
        wrong, to = commit(message), (MAIN, new, MAIN)[number]
        sequence = ([wrong], [commit(good), wrong], [commit(good), wrong, commit(good)])[number]
        scene.push(f"{name}: {message!r}", *sequence, to=to, refused=True, goal=True, repository=path)
    more = [f"refs/there/heads/main:refs/heads/{scene.users[0]}/beside"]
    scene.push(
        f"{name}: two refs, one of them wrong",
        commit("@token"),
        to=OLD,
        base=OLD,
        more=more,
        refused=True,
        goal=True,
        repository=path,
    )
    old = f"refs/heads/{scene.users[0]}/from-old"
    scene.push(f"{name}: a new branch with old commits", commit(good), base=OLD, to=old, repository=path)
    _usual(scene, good, path=path, delete=delete)


def large_files(rng: random.Random) -> Draft:
    """Large files must not get into the history."""
    scene = Scene(rng)
    limit = rng.randrange(20, 200)
    large, small = {"@token.bin": (limit << 10) + 1}, {f"{rng.choice(NOUNS)} of @token.bin": limit << 10}
    where, topic = f"{scene.repository}/hooks/pre-receive", f"refs/heads/{scene.users[1]}/topic"
    scene.push("a large file", commit("large", files=large), refused=True, goal=True, user=scene.lead)
    removed = commit("gone", remove=["@token.bin"])
    scene.push("added and removed again", commit("large", files=large), removed, refused=True, goal=True)
    deep = {f"{rng.choice(NOUNS)}/with space/@token": (limit << 10) + 700}
    scene.push("in a folder of a new branch", commit("deep", files=deep), to=topic, refused=True, goal=True)
    scene.push(
        "with a good ref beside it",
        commit("large", files=large),
        to=topic,
        refused=True,
        goal=True,
        more=["refs/there/heads/main:refs/heads/beside"],
    )
    scene.push("as large as allowed", commit("small", files=small))
    _usual(scene)
    ticket = (
        f"Large files bloat {scene.repository}. Write {where}, which refuses every push, as a whole, that brings a "
        f"file "
        f"of more than {limit} KiB (1 KiB is 1024 bytes), whatever its branch, name or folder, and also when a later "
        f"commit of the same push removes it again. A file of {limit} KiB is allowed."
    )
    return scene.draft(ticket, write(where, hooks.size_rule(limit << 10)))


def protected(rng: random.Random) -> Draft:
    """Some branches are for some people."""
    scene = Scene(rng)
    where, folder = f"{scene.repository}/hooks/pre-receive", rng.choice(("release", "stable", "live", "prod"))
    name = f"refs/heads/{folder}/{rng.choice(NOUNS)}"
    near = f"refs/heads/{rng.choice(VERBS)}/{folder}/main"
    scene.push("a member's push to main", commit("one"), refused=True, goal=True)
    scene.push("a member's new release", commit("one"), to=name, refused=True, goal=True, user=scene.users[1])
    both = [f"refs/made/a:refs/heads/{scene.users[0]}/own"]
    scene.push("main and another branch at once", commit("one"), more=both, refused=True, goal=True)
    scene.rewind("a member's forced push to main", MAIN, refused=True, goal=True)
    scene.delete("a member's deletion of main", MAIN, refused=True, force=True)
    scene.push("a lead's push to main", commit("two"), user=scene.lead)
    scene.push("a lead's new release", commit("two"), to=name, user=scene.lead)
    scene.push("a member's branch with a like name", commit("three"), to=near)
    scene.push("a member's branch named as main and more", commit("three"), to=f"{MAIN}tenance")
    scene.push("a member's push to old", commit("four"), to=OLD, base=OLD, user=scene.users[1])
    scene.delete("a member's deletion of old", OLD)
    scene.delete("a lead's deletion of a release", name, user=scene.lead)
    ticket = (
        f"In {scene.repository} only the group {scene.leads} (at present {scene.lead} alone) may create, change or "
        f"delete "
        f"the branch main and the branches below {folder}/. The others of {scene.team} may do everything else there. "
        f"Write "
        f"{where} for that; a push of theirs that has one of these branches in it is refused as a whole."
    )
    return scene.draft(ticket, write(where, hooks.protected(scene.leads, f"{MAIN} | refs/heads/{folder}/*")))


def fixed_tags(rng: random.Random) -> Draft:
    """Tags are versions and stay."""
    scene = Scene(rng)
    where = f"{scene.repository}/hooks/pre-receive"
    version, other = (f"v{rng.randrange(9)}.{rng.randrange(20)}.{number}" for number in rng.sample(range(30), 2))
    tag = f"refs/tags/{version}"
    scene.push("a version", commit("one"), to=tag, tag=True)
    scene.push("a version without an annotation", commit("one"), to=f"{tag}7")
    scene.push("a version moved", commit("two"), to=tag, force=True, refused=True, goal=True, user=scene.lead, tag=True)
    scene.delete("a version deleted", tag, refused=True, goal=True)
    for wrong in rng.sample((other[1:], other.rpartition(".")[0], f"{other}-rc1", f"x{other}", f"{other}.1"), 3):
        scene.push(f"the tag {wrong}", commit("three"), to=f"refs/tags/{wrong}", refused=True, goal=True)
    scene.push("a tag beside a branch", commit("x"), refused=True, goal=True, more=["refs/made/a:refs/tags/latest"])
    scene.push("a branch named like a version", commit("four"), to=f"refs/heads/{version}")
    _usual(scene)
    ticket = (
        f"Tags of {scene.repository} are versions and must stay what they are. Write {where}: new tags must be named "
        "vNUMBER.NUMBER.NUMBER, as in v1.20.3, and nothing before or after it; no tag may be moved or deleted, by "
        "nobody, "
        "not even by force. A push with a forbidden tag in it is refused as a whole. Branches are not concerned."
    )
    return scene.draft(ticket, write(where, hooks.fixed_tags()))


def hooks_elsewhere(rng: random.Random) -> Draft:
    """A right hook in the right place, and a setting that looks for hooks elsewhere."""
    scene = Scene(rng)
    key, folder = rng.choice(NOUNS).upper(), f"/usr/local/share/{rng.choice(SERVICES)}-hooks"
    scene.hook("pre-receive", "#!/bin/sh\nexit 0\n", path=folder)
    path = scene.hook("pre-receive", hooks.message_rule(key), stays=True)
    include = f"{scene.repository}/{rng.choice(SERVICES)}.conf"
    text = "# Written by the central management; changes are lost.\n"
    text += f"[core]\n\thooksPath = {folder}\n[receive]\n\tdenyDeletes = true\n"
    scene.shell(f"printf %s '{text}' > {include}; chmod 644 {include}")
    scene.shell(f"git --git-dir={scene.repository} config include.path {include.rpartition('/')[2]}")
    scene.stays(include, text)
    good = f"{key}-{rng.randrange(1, 999)}: @token"
    _try_messages(scene, scene.repository, key, good, delete=False)
    scene.delete("a deletion, which the central management forbids", OLD, refused=True)
    ticket = (
        f"{path} refuses commits whose subject does not begin with `{key}-NUMBER: `. It is executable, it says the "
        f"right "
        "thing when it is run by hand, and yet such commits come through since the machine was taken over by the "
        "central "
        f"management. Make {scene.repository} use its own hooks again. The hook's text stays as it is; {include} is "
        "written by the central management, must stay byte for byte, and what else it sets must hold."
    )
    gold = f"printf '[core]\\n hooksPath = {scene.repository}/hooks\\n' >> {scene.repository}/config"
    return scene.draft(ticket, gold, files=(include,))


def included_setting(rng: random.Random) -> Draft:
    """A setting that an included file takes back."""
    scene = Scene(rng)
    include = f"{scene.repository}/{rng.choice(SERVICES)}.conf"
    text = (
        "# Written by the central management; changes are lost.\n[receive]\n\tdenyNonFastForwards = false\n"
        "\tdenyDeletes = true\n"
    )
    scene.shell(f"printf %s '{text}' > {include}; chmod 644 {include}")
    config = f"[receive]\n\tdenyNonFastForwards = true\n[include]\n\tpath = {include.rpartition('/')[2]}\n"
    scene.shell(f"printf %s '{config}' >> {scene.repository}/config")
    scene.stays(include, text)
    _usual(scene, force=False, delete=False)
    scene.rewind("a forced push to main", MAIN, refused=True, goal=True, user=scene.lead)
    scene.rewind("a forced push to another branch", OLD, refused=True, goal=True, user=scene.users[1])
    scene.delete("a deletion", OLD, refused=True)
    scene.rewrite(include, text.replace("denyDeletes = true", "denyDeletes = false"))
    scene.delete("a deletion after a change of the included file", OLD)
    ticket = (
        f"{scene.repository}/config says `denyNonFastForwards = true`, and still forced pushes to its branches "
        f"succeed. "
        f"They must be refused. {include}, which the configuration includes, is written by the central management: it "
        "must stay byte for byte and included, for what it says about deletions has to hold, now and after its next "
        "change."
    )
    gold = f"printf '[receive]\\n denyNonFastForwards = true\\n' >> {scene.repository}/config"
    return scene.draft(ticket, gold, files=(include,))


def mirror(rng: random.Random) -> Draft:
    """What is pushed to one repository must come to another as well."""
    scene = Scene(rng)
    copy = scene.make(more=(f"refs/heads/{rng.choice(NOUNS)}/kept",))
    scene.free = ["remote."]
    where, name = f"{scene.repository}/hooks/post-receive", f"refs/heads/{rng.choice(NOUNS)}"
    scene.shell(f"git --git-dir={scene.repository} config receive.denyNonFastForwards true")
    two = f"{name}-two"
    scene.push("a new branch", commit("one"), to=name, also={f"{copy} {name}": "new"}, goal=True, watch=[copy])
    also = {f"{copy} {name}": "moved"}
    scene.push(
        "more of it, by another",
        commit("two"),
        base=name,
        to=name,
        new=False,
        also=also,
        goal=True,
        watch=[copy],
        user=scene.users[1],
    )
    also = {f"{copy} {name}-one": "new", two: "new", f"{copy} {two}": "new"}
    scene.push(
        "two branches", commit("x"), to=f"{name}-one", more=[f"refs/made/a:{two}"], also=also, goal=True, watch=[copy]
    )
    tag = f"refs/tags/v{rng.randrange(99)}"
    scene.push("a tag", commit("x"), to=tag, tag=True, also={f"{copy} {tag}": "new"}, goal=True, watch=[copy])
    scene.rewind("a forced push is refused by both", name, refused=True, watch=[copy])
    scene.delete("a deletion", two, also={f"{copy} {two}": "gone"}, goal=True, watch=[copy], user=scene.lead)
    scene.push("a push to the copy itself", commit("y"), to=f"{name}-y", repository=copy, watch=[scene.repository])
    ticket = (
        f"{copy} is to follow {scene.repository}: write {where}, so that every branch or tag that is created, moved or "
        f"deleted by a push to {scene.repository} is so in {copy}, too, before the push returns. {copy} has branches "
        f"of its "
        "own, which stay, and goes on taking pushes of its own, of which the first learns nothing. The refs that a "
        "push "
        "did not name stay in both. Forced pushes are refused by the first as they are today."
    )
    return scene.draft(ticket, write(where, hooks.copied(copy)))


def same_policy(rng: random.Random) -> Draft:
    """A new repository must follow the policy of another."""
    scene = Scene(rng)
    second = scene.make(shared="umask")
    key, other = (noun.upper() for noun in rng.sample(NOUNS, 2))
    scene.hook("pre-receive", hooks.message_rule(key))
    for setting in ("receive.denyNonFastForwards", "receive.denyDeletes"):
        scene.shell(f"git --git-dir={scene.repository} config {setting} true")
    for path, prefix in ((scene.repository, key), (second, other)):
        goal, good = path == second, f"{prefix}-{rng.randrange(1, 999)}: @token"
        name = path.rpartition("/")[2]
        wrong = key if goal else other
        scene.push(
            f"{name}: a wrong key", commit(f"{wrong}-4: x"), commit(good), refused=True, goal=goal, repository=path
        )
        scene.push(f"{name}: a push", commit(good), user=scene.users[1], repository=path)
        scene.rewind(f"{name}: a forced push", MAIN, message=good, refused=True, goal=goal, repository=path)
        scene.delete(f"{name}: a deletion", OLD, refused=True, goal=goal, repository=path)
        branch = f"refs/heads/{prefix.lower()}/x"
        scene.push(f"{name}: a branch", commit(good), to=branch, umask="077", repository=path)
        scene.push(
            f"{name}: another's push to it",
            commit(good),
            base=branch,
            to=branch,
            new=False,
            umask="077",
            repository=path,
            user=scene.lead,
            goal=goal,
        )
    ticket = (
        f"{second} is new and must follow the same policy as {scene.repository}, which is set up rightly and stays as "
        f"it "
        f"is: the same pushes are refused, and the whole group can write what any of it has pushed, whatever the "
        f"umask. "
        f"Only its commits begin with `{other}-NUMBER: ` in place of `{key}-NUMBER: `. Neither may depend on the "
        f"other's files."
    )
    gold = [_git(second, f"receive.{name}", "true") for name in ("denyNonFastForwards", "denyDeletes")]
    gold += [
        _git(second, "core.sharedRepository", "group"),
        write(f"{second}/hooks/pre-receive", hooks.message_rule(other)),
    ]
    return scene.draft(ticket, *gold)
