"""Tickets about services without systemd: that do not start, do not stop, do not come back, or say the wrong thing."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.service import control
from agentgym.environments.linux_config.families.service.scene import Scene, about, write
from agentgym.environments.linux_config.names import NOUNS, VERBS

NOT_STARTED = ("answers", "status", "runs once", "answers after the restart")


def wrong_program(rng: random.Random) -> Draft:
    """The script names a program that is not there."""
    scene = Scene(rng)
    service = scene.service
    wrong = f"{service.folder}-{rng.randrange(1, 9)}.{rng.randrange(20)}/{service.name}d"
    scene.ready(script=service.control.text(program=wrong))
    scene.life(*NOT_STARTED)
    ticket = (
        f"Since the last update {service.name} does not start: {service.script} still names {wrong}, which is gone; "
        f"the "
        f"program is {service.program} now.\n\n{about(service)}"
    )
    return scene.draft(ticket, f"sed -i 's|^PROGRAM=.*|PROGRAM={service.program}|' {service.script}")


def not_exported(rng: random.Random) -> Draft:
    """The settings are read and not passed on."""
    scene = Scene(rng)
    service = scene.service
    scene.ready(script=service.control.text(load=f". {service.env}"))
    scene.life(*NOT_STARTED)
    ticket = (
        f"{service.name} does not start; its log says `{service.name}d: {service.prefix}_LISTEN is not set`. It is "
        f"set in "
        f"{service.env}, but {service.script} does not export what it reads there. Settings that are added to the file "
        f"later must reach the program, too.\n\n{about(service)}"
    )
    extra = f"{service.prefix}_{rng.choice(NOUNS).upper()}"
    scene.trial("a setting is added", "setting", {"written": True}, variable=extra, value="some")
    scene.act("start")
    scene.trial("an added setting arrives", "ask", {"answers": True, extra: "some"}, goal=True, within_s=3.0)
    scene.act("stop", name="stop in the end")
    return scene.draft(ticket, f"sed -i 's/^\\. /set -a; &/' {service.script}")


def status_code(rng: random.Random) -> Draft:
    """The exit status of `status` is wrong while the service is down."""
    scene = Scene(rng)
    service = scene.service
    wrong = rng.choice((0, 1, 2, 4))
    scene.ready(script=service.control.text(dead=wrong))
    scene.life("status before", "status after")
    ticket = (
        f"Our monitoring never notices that {service.name} is down: while it does not run, `{service.script} status` "
        f"says "
        f"so, but exits with status {wrong}. It has to be 3.\n\n{about(service)}"
    )
    return scene.draft(ticket, f"sed -i 's/^    return {wrong}$/    return 3/' {service.script}")


def restart_too_soon(rng: random.Random) -> Draft:
    """A restart starts the new process before the old one has ended."""
    scene = Scene(rng)
    service = scene.service
    scene.ready(script=service.control.text(wait=""), linger_s=0.8)
    scene.life("answers after the restart")
    ticket = (
        f"After `{service.script} restart` {service.name} is usually down, and its log says `Address already in use`. "
        f"The program needs up to a second to finish its work after it was told to end, and must be given that time; "
        f"`stop`, too, is to return only when it is gone.\n\n{about(service)}"
    )
    scene.trial("work is not lost", "log", {"finished": 2})
    return scene.draft(ticket, write(service.script, service.control.text()))


def stale_pid(rng: random.Random) -> Draft:
    """A pid file that a power cut left behind keeps the service from starting."""
    scene = Scene(rng)
    service = scene.service
    scene.ready(script=service.control.text(alive="true"))
    scene.trial("a pid file is left behind", "stale", {"written": True}, of="nobody")
    scene.act("status", 3, goal=True, name="status with the pid file of a process that is gone")
    scene.life(*NOT_STARTED[:1])
    scene.act("start", name="start before a crash")
    scene.trial("answers before a crash", "ask", {"answers": True, "instances": 1}, within_s=3.0)
    scene.trial("it is killed", "kill", {})
    scene.act("status", 3, goal=True, name="status after a crash")
    scene.act("start", name="start after a crash")
    scene.trial("answers after a crash", "ask", {"answers": True, "instances": 1}, goal=True, within_s=3.0)
    scene.act("stop", name="stop in the end")
    ticket = (
        f"When {service.name} has crashed, or after a power cut, its pid file stays where it is. Then `status` says "
        f"that "
        f"it runs, and `start` does nothing, until somebody deletes the file. Make {service.script} cope with a pid "
        f"file "
        f"whose process is gone.\n\n{about(service)}"
    )
    return scene.draft(ticket, write(service.script, service.control.text()))


def log_kept(rng: random.Random) -> Draft:
    """Each start empties the log, and makes it readable for all."""
    scene = Scene(rng)
    service = scene.service
    scene.ready(script=service.control.text(launch=control.LAUNCH.replace(">>", ">")))
    scene.trial("a line is in the log", "mark", {"done": True})
    scene.life()
    scene.trial("the log keeps its lines", "log", {"mark": 1, "started": True, "mode": "0640"}, goal=True)
    scene.trial("the log is taken away", "mark", {"done": True}, remove=True)
    scene.act("start", name="start without a log")
    scene.trial("answers without a log", "ask", {"answers": True}, within_s=3.0)
    scene.trial("the new log's mode", "log", {"started": True, "mode": "0640"}, goal=True)
    scene.act("stop", name="stop in the end")
    ticket = (
        f"Every start of {service.name} empties {service.log}; it must be appended to. And where there is no log yet, "
        f"as "
        f"after a rotation, `start` makes one that everybody can read: a new log must have mode "
        f"0640.\n\n{about(service)}"
    )
    gold = f'sed -i \'s/ > "$LOG"/ >> "$LOG"/; s/^PROGRAM=/umask 027; &/\' {service.script}'
    return scene.draft(ticket, gold)


def comes_back(rng: random.Random) -> Draft:
    """The service must be started again after a crash, and stay down once it was stopped."""
    scene = Scene(rng)
    service = scene.service
    scene.ready()
    scene.life()
    scene.act("start", name="start before crashes")
    scene.trial("answers before crashes", "ask", {"answers": True}, within_s=3.0)
    for crash in ("first", "second"):
        scene.trial(f"the {crash} crash", "kill", {})
        name = f"it is back after the {crash} crash"
        scene.trial(name, "ask", {"answers": True, "instances": 1, "own user's": True}, goal=True, within_s=4.0)
        scene.act("status", goal=True, name=f"status after the {crash} crash")
    scene.stops(watch_s=1.8)
    ticket = (
        f"{service.name} crashes now and then and stays down until somebody looks. Have {service.script} see to it "
        f"that "
        f"the program is started again after a crash (we shall `kill -9` it, more than once): it must answer again "
        f"within "
        f"four seconds, but not be started more often than once a second. There is only ever one of it, and after "
        f"`stop` "
        f"it must not come back. Whatever does this is started by `start` and ends with `stop`.\n\n{about(service)}"
    )
    _throttled(scene)
    return scene.draft(ticket, write(service.script, control.supervised(service.control)))


def _throttled(scene: Scene) -> None:
    """With settings that it refuses, the program is not started in a tight loop."""
    service = scene.service
    variable = f"{service.prefix}_LISTEN"
    scene.trial("its settings are spoilt", "setting", {"written": True}, variable=variable, value="")
    scene.trial("start with spoilt settings", "control", {}, action="start")
    scene.trial("it is not started in a tight loop", "refusals", {"tight": False}, seconds=1.5)
    scene.trial("stop with spoilt settings", "control", {"status": 0}, action="stop")
    wanted = {"left": [], "open": False}
    scene.trial("nothing is left in the end", "left", wanted, within_s=1.0)


def workers_left(rng: random.Random) -> Draft:
    """Workers that outlive the program."""
    scene = Scene(rng)
    service = scene.service
    workers = rng.randrange(2, 6)
    scene.ready(env=service.settings(WORKERS=str(workers)))
    scene.life("answers after the restart", "left", instances=1 + workers)
    ticket = (
        f"`{service.script} stop` ends {service.program}, but its {workers} worker processes stay, and with each "
        f"restart "
        f"there are more of them. That is how the vendor wants it: whoever stops the program has to end the workers, "
        f"too. "
        f"See to that. {service.prefix}_WORKERS must stay as it is.\n\n{about(service)}"
    )
    return scene.draft(ticket, write(service.script, control.grouped(service.control)))


def from_nothing(rng: random.Random) -> Draft:
    """The whole script, and the settings, from a description."""
    scene = Scene(rng)
    service = scene.service
    scene.install(service)
    scene.life("start", "status before", "second start", "restart", "stop", "status after", *NOT_STARTED)
    scene.act(rng.choice(VERBS), 2, goal=True, name="an action that there is not")
    scene.trial("nothing runs after that", "left", {"left": [], "open": False}, within_s=0.2)
    scene.act("start", name="start in the end", goal=True)
    scene.trial("answers in the end", "ask", {"answers": True, "instances": 1}, goal=True, within_s=3.0)
    scene.trial("the secret is on no command line", "command_lines", {"token": False})
    scene.trial("what the log has", "log", {"token": 0, "started": True}, goal=True)
    scene.act("stop", name="stop in the end", goal=True)
    ticket = (
        f"{service.name} was installed, but has neither a control script nor settings. Write {service.script} and "
        f"{service.env}. In the latter {service.prefix}_LISTEN is {service.listen} and {service.prefix}_TOKEN is "
        f"{service.token}, one `NAME=VALUE` a line, and further settings may be added there. Any other action than the "
        f"four, such as `reload`, does nothing and exits with status 2. The token may appear neither in the log nor "
        f"on a "
        f"command line.\n\n{about(service)}"
    )
    gold = (
        write(service.script, service.control.text(), mode="755"),
        write(service.env, service.settings(), mode="640", group=service.name),
    )
    return scene.draft(ticket, *gold)


def pid_of_another(rng: random.Random) -> Draft:
    """The pid file has the number of the process that writes the log."""
    scene = Scene(rng)
    service = scene.service
    scene.ready(script=service.control.text(alive=control.looks_alive(), launch=control.LAUNCH_PIPE))
    scene.life("answers after the restart", "left")
    scene.trial("its output is in the log", "log", {"started": True})
    ticket = (
        f"`{service.script} stop` says nothing and exits with 0, `status` then says that {service.name} does not run, "
        f"and "
        f"yet it goes on answering on {service.listen}; after a `restart` it still has its old settings. Our first "
        f"guess, "
        f"that the program ignores SIGTERM, was wrong: the vendor shows that it ends within a "
        f"second.\n\n{about(service)}"
    )
    return scene.draft(ticket, write(service.script, service.control.text()))


def overridden(rng: random.Random) -> Draft:
    """The vendor's defaults are read after the machine's own settings."""
    scene = Scene(rng)
    service, other = scene.service, scene.another()
    defaults, region = f"{service.folder}/defaults.env", f"{rng.choice(NOUNS)}-{rng.randrange(100)}"
    load = "set -a\n. {}\n. {}\nset +a"
    scene.ready(script=service.control.text(load=load.format(service.env, defaults)), linger_s=0.1)
    text = (
        f"# Defaults of {service.name}d. Do not edit: updates replace this "
        f"file.\n{service.prefix}_LISTEN={other.listen}\n"
        f"{service.prefix}_TOKEN=changeme\n{service.prefix}_REGION={region}\n"
    )
    scene.vendor(defaults, text)
    scene.state.file(f"/etc/{service.name}.conf", f"listen {other.listen}\n# not read since version 2\n")
    scene.life(*NOT_STARTED[:1], *NOT_STARTED[2:], also={f"{service.prefix}_REGION": region})
    ticket = (
        f"I set {service.prefix}_LISTEN={service.listen} in {service.env}, and {service.name} still listens on "
        f"{other.listen}; our token is not taken, either. Whatever stands in {service.env} must hold. What does not "
        f"stand "
        f"there is to come from the vendor's defaults, and must go on coming from there when an update changes "
        f"them; do not copy them.\n\n{about(service)}"
    )
    later = f"{rng.choice(NOUNS)}-{rng.randrange(100)}"
    scene.trial("an update comes", "update", {"written": True}, path=defaults, old=region, new=later)
    scene.act("start", name="start after an update")
    wanted = {"answers": True, f"{service.prefix}_REGION": later}
    scene.trial("answers after an update", "ask", wanted, goal=True, within_s=3.0)
    scene.act("stop", name="stop in the end")
    return scene.draft(ticket, write(service.script, service.control.text(load=load.format(defaults, service.env))))


def reused_pid(rng: random.Random) -> Draft:
    """The number in an old pid file belongs to another program of the same user."""
    scene = Scene(rng)
    service = scene.service
    scene.ready(script=service.control.text(alive=control.looks_alive()))
    scene.trial("another token is in its settings at first", "token", {"written": True})
    scene.trial("an old pid file", "stale", {"written": True}, of="another")
    scene.act("status", 3, goal=True, name="status with an old pid file")
    scene.act("start", name="start with an old pid file")
    scene.answers("answers in spite of it", goal=True, instances=1)
    scene.act("stop")
    scene.trial("an old pid file again", "stale", {"written": True}, of="another")
    scene.act("stop", name="stop with an old pid file")
    scene.alone(goal=True)
    scene.life()
    ticket = (
        f"After a reboot `{service.script} status` said that {service.name} runs, though nothing answered on "
        f"{service.listen}, and `stop` killed a colleague's `tail -f {service.log}`. We suspected the port, and it is "
        f"free. "
        f"The pid file was from before the reboot. A number in it counts only if that process is {service.program}; "
        f"otherwise `status` says 3, `start` starts and `stop` does nothing.\n\n{about(service)}"
    )
    return scene.draft(ticket, write(service.script, service.control.text()))


def in_order(rng: random.Random) -> Draft:
    """One script for two services, of which one needs the other."""
    scene = Scene(rng)
    front, store = scene.service, scene.another()
    secret = {"TOKEN": front.token}
    scene.ready(front, env=front.settings(UPSTREAM=store.listen), behind=store.prefix)
    scene.install(store, run_by=front, warm_up_s=0.6)
    scene.script(store, store.control.text())
    scene.env(store, store.settings(**secret))
    both = f"/usr/local/sbin/{front.name}-and-{store.name}"
    scene.state.file(both, _both(store.script, front.script), 0o755)
    keys = (f"{front.name} by {both}", f"{store.name} by {both}")
    scene.facts(keys[0], front.facts(script=both))
    scene.facts(keys[1], store.facts(script=both, user=front.name))
    for service in (front, store):
        scene.trial("another token", "token", {"written": True}, service=service.name)
    _try_in_order(scene, *keys)
    ticket = (
        f"{front.name} needs {store.name}: it does not start unless {store.name} answers, and hands over its last "
        f"work to "
        f"it when it ends. Each has a control script of its own ({front.script}, {store.script}), which is right and "
        f"stays, and {both} is to control both. It does not yet: after `{both} start` {front.name} is down, as "
        f"{store.name} takes a moment until it listens. Make `start` start {store.name}, wait until it answers on "
        f"{store.listen}, and then start {front.name}; `stop` ends {front.name} first and {store.name} after it, so "
        f"that "
        f"no `LOST WORK` is in {front.log}; `status` exits with 0 when both run and with 3 otherwise. Both are run by "
        f"the "
        f"user {front.name}, who also runs {both}; nothing runs as root."
    )
    told = (
        f"We shall put another token into {front.env} and {store.env}, and run {both} as {front.name}: `start` (where "
        f"both "
        "run already that changes nothing and has status 0; where one of them does not, it comes back), `status`, "
        "`restart`, `stop`."
    )
    return scene.draft(
        ticket,
        write(both, _in_order(store.script, front.script, store.listen)),
        files=(both,),
        told=told,
        folders=(front.folder, store.folder),
    )


def _try_in_order(scene: Scene, front: str, store: str) -> None:
    """Start both, twice; restart; crash each and start again; stop."""
    scene.act("status", 3, service=front, name="status before")
    scene.act("start", service=front, name="start of both")
    scene.answers("the front answers", goal=True, service=front, instances=1)
    scene.answers("the store answers", service=store, instances=1)
    scene.act("status", 0, goal=True, service=front, name="status of both")
    scene.act("start", service=front, name="second start of both")
    scene.answers("the front runs on", goal=True, service=front, instances=1, new=False)
    scene.answers("the store runs on", service=store, instances=1, new=False)
    scene.act("restart", service=front, name="restart of both")
    scene.answers("the front answers after the restart", goal=True, service=front, instances=1, new=True)
    scene.answers("the store answers after the restart", service=store, instances=1, new=True)
    for one, other in ((front, store), (store, front)):
        scene.trial(f"{one}: a crash", "kill", {}, service=one)
        scene.act("status", 3, goal=one == store, service=one, name=f"{one}: status after a crash")
        scene.act("start", service=one, name=f"{one}: start after a crash")
        scene.answers(f"{one}: answers after a crash", service=one, instances=1)
        scene.answers(f"{other}: answers all the same", service=other, instances=1)
    scene.stops(key=front)
    scene.trial("no work is lost", "log", {"lost": 0}, service=front)
    scene.trial("the store is gone", "left", {"left": [], "open": False}, service=store, within_s=0.2)


def _both(first: str, second: str) -> str:
    return (
        f'#!/bin/sh\ncase "$1" in\n    restart) "$0" stop; "$0" start ;;\n    *) {first} "$1"; {second} "$1" ;;\nesac\n'
    )


def _in_order(store: str, front: str, listen: str) -> str:
    host, _, port = listen.rpartition(":")
    ask = f"/usr/bin/python3 -c 'import socket; socket.create_connection((\"{host}\", {port}), 1)' 2>/dev/null"
    return (
        f'#!/bin/sh\ncase "$1" in\n    start)\n        {store} start\n        for _ in $(seq 40); do\n'
        f"            {ask} && break\n            sleep 0.1\n        done\n        {front} start ;;\n"
        f'    stop) {front} stop; {store} stop ;;\n    restart) "$0" stop; "$0" start ;;\n'
        f"    status) {store} status && {front} status || exit 3 ;;\n    *) exit 2 ;;\nesac\n"
    )


def _try_side_by_side(scene: Scene, first: str, second: str, settings: dict[str, str]) -> None:
    """Start, restart and stop the second instance beside the first."""
    scene.trial("the token that the second had", "same", {"same": True}, goal=True, service=second, other=first)
    for name in (first, second):
        scene.trial(f"{name}: another token", "token", {"written": True}, service=name)
        scene.act(f"status {name}", 3, service=name)
    scene.act(f"start {first}", service=first)
    scene.answers("the first answers", service=first, instances=1)
    scene.act(f"status {second}", 3, goal=True, service=second, name="status of the second while the first runs")
    scene.act(f"start {second}", service=second)
    scene.answers("the second answers", goal=True, service=second, instances=2, **settings)
    scene.act(f"status {second}", service=second, name="status of the second while it runs")
    scene.act(f"start {first}", service=first, name="second start of the first")
    scene.act(f"restart {second}", service=second)
    scene.answers("the second answers after its restart", goal=True, service=second, instances=2, new=True)
    scene.answers("the first runs on", goal=True, service=first, new=False, instances=2)
    scene.act(f"stop {second}", service=second)
    scene.answers("the first runs on alone", goal=True, service=first, new=False, instances=1)
    scene.act(f"status {second}", 3, service=second, name="status of the second after its stop")
    scene.act(f"status {first}", goal=True, service=first, name="status of the first after that")
    scene.stops(key=first, action=f"{{}} {first}")
    scene.trial("the second's log", "log", {"started": True}, goal=True, service=second)
    scene.trial("the first's log", "log", {"started": True}, goal=True, service=first)


def two_instances(rng: random.Random) -> Draft:
    """Two instances of a service by one script, which have to agree."""
    scene = Scene(rng)
    service, second = scene.service, scene.another()
    first_name, second_name = rng.sample(NOUNS, 2)
    wrong = scene.another()
    scene.install(service)
    scene.instances(service, {first_name: service.listen, second_name: second.listen})
    envs = [f"/etc/default/{service.name}-{name}" for name in (first_name, second_name)]
    head = f'[ -r "/etc/default/{service.name}-$2" ] || exit 2\nset -a\n. "/etc/default/{service.name}-$2"\nset +a'
    text = service.control.text(load=head).replace("start|stop|restart|status", "ACTION INSTANCE")
    right = text.replace(service.pidfile, f"/run/{service.name}/$2.pid").replace(
        service.log, f"/var/log/{service.name}/$2.log"
    )
    scene.script(service, text)
    scene.env(service, service.settings(), envs[0])
    scene.env(service, service.settings(LISTEN=second.listen, TOKEN=wrong.token, UPSTREAM=wrong.listen), envs[1])
    _try_side_by_side(scene, first_name, second_name, {f"{service.prefix}_UPSTREAM": service.listen})
    ticket = (
        f"{service.name} runs as two instances, {first_name} on {service.listen} and {second_name} on {second.listen}, "
        f"with the settings {envs[0]} and {envs[1]}. {second_name} asks {first_name}: its {service.prefix}_UPSTREAM "
        f"must "
        f"be the address on which {first_name} listens, and its token must be the one that {first_name} has (which is "
        f"right). And `{service.script} ACTION INSTANCE` mixes the two up: once one of them runs, the other does not "
        f"start. "
        f"Give each its own pid file, /run/{service.name}/INSTANCE.pid, and its own log, "
        f"/var/log/{service.name}/INSTANCE.log, "
        f"so that each is started, stopped and asked for its status (exit status 0 or 3) without regard to the other. "
        f"The program "
        f"{service.program} stays in the foreground and takes its settings from environment variables, which the "
        f"script "
        f"reads from the instance's file; the user {service.name} runs the script, and nothing runs as root."
    )
    told = (
        f"We shall put the same other token into both files and run {service.script} as {service.name}, {first_name} "
        f"before "
        f"{second_name}: `start` (where the instance runs already that changes nothing and has status 0), `status`, "
        "`restart`, `stop`."
    )
    token = f"s/_TOKEN=.*/_TOKEN={service.token}/; s/_UPSTREAM=.*/_UPSTREAM={service.listen}/"
    gold = (write(service.script, right), f"sed -i '{token}' {envs[1]}")
    return scene.draft(ticket, *gold, files=(service.script, *envs), told=told)
