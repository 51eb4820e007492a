"""Tickets about several hosts, each with an nginx of its own, that must agree."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.nginx.scene import Scene


def edge_and_app(rng: random.Random) -> Draft:
    """The app trusts the edge, and it alone, to say who asks."""
    scene = Scene(rng)
    edge, app = f"edge{rng.randrange(1, 90)}", f"app{rng.randrange(1, 90)}"
    outer, inner, client, other = (scene.address() for _ in range(4))
    port, old = rng.sample(range(3000, 9000), 2)
    folder, page = scene.nouns[:2]
    root = f"/srv/www/{scene.service}"
    edge_conf = scene.host(edge, outer, 80, _front(scene, outer, f"{inner}:{old}"))
    app_conf = scene.host(app, inner, port, _back(scene, f"{inner}:{port}", root))
    public, private = scene.page(f"{root}/{page}.html"), scene.page(f"{root}/{folder}/{page}.html")
    fresh = scene.page(f"{root}/{folder}/{{word}}.html", hidden=True)
    name = scene.named("{word}")
    via = {"address": outer, "goal": True}
    scene.check("anybody reads a page", f"/{page}.html", **via, source=other, file=public)
    scene.check(f"{client} reads /{folder}/", f"/{folder}/{page}.html", **via, source=client, file=private)
    scene.check(f"{client} reads what is new there", f"/{folder}/{{word}}.html", **via, source=client, file=fresh)
    closed = f"/{folder}/{page}.html"
    refused = {"status": (403,), "hides": private, "goal": True}
    scene.check("others do not", closed, source=other, address=outer, **refused)
    for header in ("X-Forwarded-For", "X-Real-IP"):
        forged = {header: client}
        scene.check(f"nor with {header}", closed, source=other, address=outer, headers=forged, **refused)
        scene.check(
            f"nor at the app with {header}", closed, source=other, address=inner, port=port, headers=forged, **refused
        )
    scene.check(f"nor {client} at the app", closed, source=client, address=inner, port=port, **refused)
    direct = {"address": inner, "port": port, "goal": True, "status": (403,), "hides": public}
    scene.check("nobody reads a page at the app", f"/{page}.html", source=other, **direct)
    scene.check("nor under another name", f"/{page}.html", source=other, host=name, **direct)
    scene.guard(
        "others find no way in", [f"{page}.html", f"{folder}/{page}.html"], private, source=other, address=outer
    )
    shut = {"source": other, "address": inner, "port": port, "goal": True}
    scene.guard("nor at the app", [f"{page}.html", f"{folder}/{page}.html"], public, private, **shut)
    prompt = (
        f"Two hosts: {edge} ({outer}, /srv/hosts/{edge}/nginx.conf) passes http://{scene.name}/ to {app} ({inner}, "
        f"/srv/hosts/{app}/nginx.conf), which has the files. {app} was moved to port {port}, {edge} still asks port "
        f"{old}; every page is a 502. Mend that, keep the ports that both listen on, and bring in what was "
        "postponed:\n\n"
        f"- {app} answers {edge} only, which comes from {outer}. Everybody else gets a 403 from it, whatever "
        "they ask.\n"
        f"- /{folder}/ is for the client {client} only; every other client gets a 403, also through {edge}. "
        "Headers that clients make up must not help them.\n"
        f"- The rest of the site is for everybody, through {edge}."
    )
    headers = "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;"
    guard = (
        f"    set_real_ip_from {outer};\n    real_ip_header X-Real-IP;\n"
        f"    if ($realip_remote_addr != {outer}) {{\n        return 403;\n    }}\n"
        f"    location /{folder}/ {{\n        allow {client};\n        deny all;\n    }}\n"
    )
    return scene.draft(
        prompt,
        _rewrite(edge_conf, _front(scene, outer, f"{inner}:{port}", headers)),
        _rewrite(app_conf, _back(scene, f"{inner}:{port}", root, guard)),
    )


def _front(scene: Scene, address: str, app: str, headers: str = "") -> str:
    location = f"    location / {{\n        proxy_pass http://{app};\n        {headers}\n    }}\n"
    return (
        f"server {{\n    listen {address}:80;\n    server_name {scene.name};\n    # This host's own address.\n"
        f"    proxy_bind {address};\n{location}}}\n"
    )


def _back(scene: Scene, address: str, root: str, guard: str = "") -> str:
    return f"server {{\n    listen {address};\n    server_name {scene.name};\n    root {root};\n{guard}}}\n"


def _rewrite(conf: str, body: str) -> str:
    """Return a command that replaces all servers and upstreams of a host's configuration."""
    start = f"sed -i '/access_log off;/q' {conf}; cat >> {conf} <<'END'\n"
    return f"{start}{body.rstrip()}\n}}\nEND"


def two_edges(rng: random.Random) -> Draft:
    """Two edges must spread over the same applications, and fall back to the same reserve."""
    scene = Scene(rng)
    names = [f"edge{number}" for number in rng.sample(range(1, 90), 2)]
    outer = [scene.address() for _ in names]
    apps = scene.nouns[1:4]
    ports = rng.sample(range(3000, 9000), 4)
    where = [scene.backend(app, port, scene.address()) for app, port in zip(apps, ports, strict=False)]
    folder, pool = scene.nouns[0], f"{scene.service}_apps"
    wrong = where[1].rpartition(":")[0] + f":{ports[3]}"
    first = f"upstream {pool} {{\n    server {where[0]};\n    server {where[1]};\n}}\n"
    second = f"upstream {pool} {{\n    server {where[0]};\n    server {wrong};\n    server {where[2]};\n}}\n"
    closed_to_all = f"    location /{folder}/ {{\n        return 403;\n    }}\n"
    texts = [
        first + _pooled(scene, outer[0], pool, "$host", closed_to_all),
        second + _pooled(scene, outer[1], pool, "$proxy_host"),
    ]
    confs = [scene.host(name, address, 80, text) for name, address, text in zip(names, outer, texts, strict=True)]
    both, reserve = apps[:2], apps[2:]
    phases = [("all are up", apps, both), (f"{apps[0]} is down", apps[1:], apps[1:2])]
    phases += [("both are down", reserve, reserve)]
    for what, up, reached in phases:
        for edge, address in zip(names, outer, strict=True):
            new = (edge, what) not in [(names[0], phases[0][0]), (names[0], phases[1][0])]
            sent = {"address": address, "up": up, "times": 6, "backends": reached, "target": "/{word}"}
            scene.check(f"{edge} when {what}", "/{word}", **sent, sent={"host": scene.name}, goal=new)
            closed = {"address": address, "up": up, "status": (403,), "backends": []}
            scene.check(f"{edge} keeps /{folder}/ when {what}", f"/{folder}/{{word}}", **closed, goal=edge == names[1])
    prompt = (
        f"{names[0]} ({outer[0]}) and {names[1]} ({outer[1]}) both pass http://{scene.name}/ to our applications: "
        f"{apps[0]} at {where[0]}, {apps[1]} at {where[1]} and {apps[2]} at {where[2]} (none runs at the "
        "moment). Their "
        f"configurations are /srv/hosts/{names[0]}/nginx.conf and /srv/hosts/{names[1]}/nginx.conf. {names[1]} was set "
        "up from memory, and visitors of the two see different things. Make the two alike:\n\n"
        f"- {apps[0]} and {apps[1]} share the work. When one of them is down, visitors notice nothing: the other one "
        "answers.\n"
        f"- {apps[2]} is the reserve of both edges: it gets a request only when {apps[0]} and {apps[1]} are "
        "both down.\n"
        f"- The applications get the name that was asked for as `Host`, and the path unchanged.\n"
        f"- Nobody gets at /{folder}/ from outside: 403 at either edge. {names[0]} has this right.\n\n"
        "Each edge keeps the address and port that it listens on."
    )
    right = first.replace("}\n", f"    server {where[2]} backup;\n}}\n")
    gold = [
        _rewrite(conf, right + _pooled(scene, address, pool, "$host", closed_to_all))
        for conf, address in zip(confs, outer, strict=True)
    ]
    return scene.draft(prompt, *gold)


def _pooled(scene: Scene, address: str, pool: str, host: str, more: str = "") -> str:
    location = f"    location / {{\n        proxy_pass http://{pool};\n        proxy_set_header Host {host};\n    }}\n"
    return f"server {{\n    listen {address}:80;\n    server_name {scene.name};\n{more}{location}}}\n"
