"""Tickets about time zones and locales."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.locale_timezone.scene import (
    DEFAULT,
    ENVIRONMENT,
    FIXED,
    GEN,
    LANGUAGES,
    LOCALTIME,
    NEW,
    PLAIN,
    ROOTS,
    SHOWN,
    TIMEZONE,
    TREES,
    ZONEINFO,
    Scene,
)

EDITORS = ("vi", "nano", "ed", "joe", "mg", "vim")


def wrong_zone(rng: random.Random) -> Draft:
    """The machine is in another zone than it says."""
    scene = Scene(rng)
    wanted, old = scene.zones(2)
    scene.zone(old)
    scene.machine_zone(wanted)
    scene.wants("", "timezone", wanted)
    for who in scene.people:
        scene.keeps(who, "$TZ", "")
    prompt = (
        f"The machine has moved from {old} to {wanted}. Set its time zone: {LOCALTIME} and {TIMEZONE} must both have "
        "it, "
        "and nobody needs a variable TZ for it."
    )
    return scene.draft(prompt, f"ln -sf {ZONEINFO}/{wanted} {LOCALTIME} && echo {wanted} > {TIMEZONE}")


def default_language(rng: random.Random) -> Draft:
    """Another language for everybody, which is listed to be built already."""
    scene = Scene(rng)
    language = rng.choice(LANGUAGES)
    scene.locales(language)
    scene.defaults(LANG=PLAIN)
    _speaks(scene, language)
    scene.keeps("", "locales", [language])
    prompt = (
        f"Everything on this machine must be in {language} for everybody who logs in: language, dates, numbers, "
        f"sorting and money. The locale is in {GEN} already, though not built yet on this machine; only {DEFAULT} "
        f"still says {PLAIN}. LC_ALL must not be set."
    )
    return scene.draft(prompt, f"echo LANG={language} > {DEFAULT}")


def missing_locale(rng: random.Random) -> Draft:
    """The locale that the machine speaks is not built."""
    scene = Scene(rng)
    language = rng.choice(LANGUAGES)
    scene.locales()
    scene.state.file(GEN, f"# locales that locale-gen builds\n# {language} UTF-8\n# {_other(rng, language)} UTF-8\n")
    scene.defaults(LANG=language)
    _speaks(scene, language)
    scene.wants("", "locales", [language])
    prompt = (
        f"Programs complain that they cannot set the locale: {DEFAULT} names {language}, which is right, but it is not "
        f"built. Have locale-gen build it, and no other, by {GEN}."
    )
    return scene.draft(prompt, f"sed -i 's/^# {language}/{language}/' {GEN}")


def mixed_locale(rng: random.Random) -> Draft:
    """One language, and the formats of another country."""
    scene = Scene(rng)
    language = rng.choice(LANGUAGES)
    scene.locales()
    scene.defaults(LANG=PLAIN)
    for who in scene.people:
        for what in ("weekday", "number", "money"):
            scene.wants(who, what, language)
        for what in ("yes", "order"):
            scene.keeps(who, what, PLAIN)
        scene.keeps(who, "$LC_ALL", "")
    scene.wants("", "locales", [language])
    prompt = (
        f"Programs go on speaking English and sorting as {PLAIN} does, but dates and the names of days, numbers, and "
        f"money must be shown as in {language}, for everybody who logs in. That locale is not built yet: add it to "
        f"{GEN}. "
        "LC_ALL must not be set."
    )
    variables = " ".join(f"{name}={language}" for name in ("LC_TIME", "LC_NUMERIC", "LC_MONETARY"))
    return scene.draft(
        prompt, f"echo '{language} UTF-8' >> {GEN}", f"printf '%s\\n' LANG={PLAIN} {variables} > {DEFAULT}"
    )


def own_zone(rng: random.Random) -> Draft:
    """One user lives in another zone than the machine."""
    scene = Scene(rng)
    here, there = scene.zones(2)
    scene.zone(here)
    profile = scene.state.file(f"/home/{scene.user}/.profile", "umask 022\n", owner=scene.user, group=scene.user)
    scene.wants(scene.user, "clock", there)
    scene.keeps(NEW, "clock", here)
    scene.keeps("", "timezone", here)
    prompt = (
        f"{scene.user} works from {there}. Logins of {scene.user} must have the clock of that zone, by {profile}; "
        f"everybody else and the machine stay in {here}."
    )
    return scene.draft(prompt, f"echo 'export TZ={there}' >> {profile}", roots=(*ROOTS, profile))


def fixed_offset(rng: random.Random) -> Draft:
    """A zone that is a fixed number of hours from UTC."""
    scene = Scene(rng)
    wanted, (old,) = rng.choice(FIXED), scene.zones(1)
    hours = -int(wanted.removeprefix("Etc/GMT"))
    scene.zone(old)
    scene.machine_zone(wanted)
    scene.wants("", "timezone", wanted)
    for who in scene.people:
        scene.keeps(who, "$TZ", "")
    where = f"{abs(hours)} hour{'s' * (abs(hours) > 1)} {'ahead of' if hours > 0 else 'behind'}"
    prompt = (
        f"The ship's machine must be {where} UTC, in summer and in winter, instead of in {old}. Take the zone of the "
        "Etc "
        f"folder for it, in {LOCALTIME} and in {TIMEZONE}; nobody needs a variable TZ for it."
    )
    return scene.draft(prompt, f"ln -sf {ZONEINFO}/{wanted} {LOCALTIME} && echo {wanted} > {TIMEZONE}")


def not_the_sorting(rng: random.Random) -> Draft:
    """A language for everything but sorting and numbers, which scripts rely on."""
    scene = Scene(rng)
    language = rng.choice(LANGUAGES)
    scene.locales(language)
    scene.defaults(LANG=language, LC_ALL=language)
    for who in scene.people:
        for what in ("weekday", "yes", "money"):
            scene.keeps(who, what, language)
        for what in ("number", "order"):
            scene.wants(who, what, PLAIN)
        scene.wants(who, "$LC_ALL", "")
    scene.keeps("", "locales", [language])
    prompt = (
        f"This machine speaks {language}, but scripts break on sorted lists and on numbers with a comma. Sorting and "
        f"numbers must be those of {PLAIN} for everybody who logs in; language, dates and money stay those of "
        f"{language}. Users must be free to choose otherwise, so LC_ALL must not be set at all."
    )
    return scene.draft(prompt, f"printf '%s\\n' LANG={language} LC_COLLATE={PLAIN} LC_NUMERIC={PLAIN} > {DEFAULT}")


def only_these(rng: random.Random) -> Draft:
    """Far too many locales are built, and the wrong one is in use."""
    scene = Scene(rng)
    language, wrong, *others = rng.sample(LANGUAGES, 5)
    old = f"{language.removesuffix('.UTF-8')} ISO-8859-1"
    scene.locales(language, wrong, *others, lines=(old,))
    scene.defaults(LANG=wrong)
    _speaks(scene, language)
    scene.wants("", "locales", [language])
    prompt = (
        f"The image of this machine must hold no other locale than {language}: no other languages, and "
        f"this one in no other character set. Bring {GEN} in order, and have everything be in "
        f"{language} for everybody who logs in; it is {wrong} now. LC_ALL must not be set."
    )
    return scene.draft(prompt, f"echo '{language} UTF-8' > {GEN}", f"sed -i 's/{wrong}/{language}/' {DEFAULT}")


def zone_overridden(rng: random.Random) -> Draft:
    """The machine's zone is right, and logins have another."""
    scene = Scene(rng)
    wanted, old, herring = scene.zones(3)
    scene.zone(wanted)
    editor = rng.choice(EDITORS)
    line = rng.choice((f"TZ={old}", f'TZ="{old}"', f"TZ=:{old}"))
    scene.environment(f"EDITOR={editor}\n#TZ={herring}\n{line}\nBLOCKSIZE=K\n", EDITOR=editor, BLOCKSIZE="K")
    scene.machine_zone(wanted)
    scene.keeps("", "timezone", wanted)
    scene.keeps("", "link", wanted)
    for who in scene.people:
        scene.wants(who, "$TZ", "")
    prompt = (
        f"{LOCALTIME} and {TIMEZONE} say {wanted}, which is right and stays, but whoever logs in has the clock of "
        f"{old}. Logins must have the machine's zone, without a variable TZ, so that they follow when it changes."
    )
    return scene.draft(prompt, f"sed -i '/^TZ=/d' {ENVIRONMENT}")


def language_overridden(rng: random.Random) -> Draft:
    """The default locale is right, and something else counts."""
    scene = Scene(rng)
    language, editor = rng.choice(LANGUAGES), rng.choice(EDITORS)
    scene.locales(language)
    scene.stays(DEFAULT, f"# written at installation\nLANG={language}\n")
    line = rng.choice((f"LC_ALL={PLAIN}", "LC_ALL=C", "LC_ALL=POSIX"))
    scene.environment(f"LANG={PLAIN}\nEDITOR={editor}\n{line}\n", EDITOR=editor)
    for who in scene.people:
        for what in SHOWN:
            scene.wants(who, what, language)
        scene.wants(who, "$LC_ALL", "")
    scene.keeps("", "locales", [language])
    prompt = (
        f"{DEFAULT} says {language}, the locale is built, and still everything is in English for everybody who logs "
        f"in. It must be in {language}: language, dates, numbers, sorting and money. {DEFAULT} is right and stays "
        "byte for byte. LC_ALL must not be set."
    )
    return scene.draft(prompt, f"sed -i '/^LC_ALL=/d' {ENVIRONMENT}")


def copied_zone(rng: random.Random) -> Draft:
    """The machine's zone is a copy of another one's rules."""
    scene = Scene(rng)
    wanted, old = scene.zones(2)
    scene.state.file(TIMEZONE, f"{wanted}\n")
    scene.state.command("cp", "--remove-destination", f"{ZONEINFO}/{old}", LOCALTIME)
    scene.machine_zone(wanted)
    scene.wants("", "link", wanted)
    scene.keeps("", "timezone", wanted)
    for who in scene.people:
        scene.keeps(who, "$TZ", "")
    prompt = (
        f"{TIMEZONE} says {wanted}, but the clock does not agree, and updates of the package tzdata have no effect. "
        f"{LOCALTIME} must be that zone, in the way in which updates of tzdata count."
    )
    return scene.draft(prompt, f"ln -sf {ZONEINFO}/{wanted} {LOCALTIME}")


def same_everywhere(rng: random.Random) -> Draft:
    """Three machines, each in the wrong zone in its own way."""
    scene = Scene(rng)
    wanted, old = scene.zones(2)
    editor = rng.choice(EDITORS)
    names = scene.services[:3]
    linked, named, variable = rng.sample(names, 3)
    for name in names:
        number, tree = scene.machine(name), f"{TREES}/{name}"
        scene.state.link(f"{tree}{LOCALTIME}", f"{ZONEINFO}/{old if name == linked else wanted}")
        scene.state.file(f"{tree}{TIMEZONE}", f"{old if name == named else wanted}\n")
        more = f"TZ={old}\n" if name == variable else ""
        scene.state.file(f"{tree}{ENVIRONMENT}", f"EDITOR={editor}\n{more}")
        scene.variables = {"EDITOR": editor}
        scene.machine_zone(wanted, machine=number, is_goal=name != named)
        (scene.wants if name == linked else scene.keeps)("", "link", wanted, machine=number)
        (scene.wants if name == named else scene.keeps)("", "timezone", wanted, machine=number)
        for who in scene.people:
            (scene.wants if name == variable else scene.keeps)(who, "$TZ", "", machine=number)
    prompt = (
        f"The machines {names[0]}, {names[1]} and {names[2]} have their etc folders below {TREES}/NAME. All must be in "
        f"{wanted}: etc/localtime, a link as on any machine, and etc/timezone must both have it, and logins must have "
        "it "
        f"from there, without a variable TZ. Each still has {old} somewhere."
    )
    return scene.draft(
        prompt,
        f"ln -sf {ZONEINFO}/{wanted} {TREES}/{linked}{LOCALTIME}",
        f"echo {wanted} > {TREES}/{named}{TIMEZONE}",
        f"sed -i '/^TZ=/d' {TREES}/{variable}{ENVIRONMENT}",
        roots=(TREES,),
    )


def services_agree(rng: random.Random) -> Draft:
    """The machine and its services change zone together, but for one that must not."""
    scene = Scene(rng)
    wanted, old, apart = scene.zones(3)
    scene.zone(old)
    names = rng.sample(scene.services, 4)
    settings = (f"TZ={old}\n", f'export TZ=":{ZONEINFO}/{old}"\n', "", f"TZ={apart}\n")
    paths = []
    for name, setting in zip(names, settings, strict=True):
        port = rng.randrange(3000, 9000)
        paths.append(scene.state.file(scene.runs(name, scene.user), f"# {name}\nPORT={port}\n{setting}"))
        scene.keeps(name, "$PORT", str(port))
        (scene.keeps if name == names[-1] else scene.wants)(name, "clock", apart if name == names[-1] else wanted)
    scene.machine_zone(wanted)
    scene.wants("", "timezone", wanted)
    for who in scene.people:
        scene.keeps(who, "$TZ", "")
    shown = sorted(names)
    prompt = (
        f"The machine goes from {old} to {wanted}, in {LOCALTIME} and {TIMEZONE}, and with it its services. "
        f"{', '.join(shown[:-1])} and {shown[-1]} are started by /bin/sh scripts that read /etc/default/NAME and "
        f"export what it sets; they are started afresh before we look. {names[-1]} keeps the books of {apart} and must "
        "stay "
        f"there; the others must have the clock of {wanted}. Logins need no variable TZ."
    )
    return scene.draft(
        prompt,
        f"ln -sf {ZONEINFO}/{wanted} {LOCALTIME}; echo {wanted} > {TIMEZONE}",
        f"sed -i '/TZ=/d' {paths[0]} {paths[1]}",
        roots=(*ROOTS, *sorted(paths)),
    )


def _speaks(scene: Scene, language: str) -> None:
    """Everything must be in this language in the end."""
    for who in scene.people:
        for what in SHOWN:
            scene.wants(who, what, language)
        scene.keeps(who, "$LC_ALL", "")


def _other(rng: random.Random, language: str) -> str:
    return rng.choice([name for name in LANGUAGES if name != language])
