"""Tickets in which a package's own configuration, which must stay, gets in the way."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.nginx.scene import Scene, static


def regex_wins(rng: random.Random) -> Draft:
    """Files of one type are missing, since a vendor's regular expression beats the site's folder."""
    scene = Scene(rng)
    folder, store, page, agent = scene.nouns[:4]
    kind = rng.choice(("pdf", "zip", "csv", "svg"))
    pool, share = f"/srv/{store}/{scene.spare}", f"/srv/vendor/{agent}"
    snippet = f"/etc/nginx/snippets/{agent}-static.conf"
    text = f"# Part of the package {agent}.\nlocation ~* \\.({kind}|gz)$ {{\n    root {share};\n    expires 1d;\n}}\n"
    scene.state.file(snippet, text)
    scene.vendor[snippet] = text
    lines = (f"include {snippet};", f"location /{folder}/ {{", f"    alias {pool}/;", "}")
    scene.site(scene.service, static(scene.name, scene.root, *lines))
    stale = static(scene.name, scene.root, f"location /{folder}/ {{ root {pool}; }}")
    scene.site(f"{scene.service}.conf", stale, enabled=False)
    html, found = scene.page(f"{pool}/{page}.html"), scene.page(f"{pool}/{page}.{kind}")
    fresh = scene.page(f"{pool}/{{word}}.{kind}", hidden=True)
    vendor = scene.page(f"{share}/{page}.{kind}")
    scene.page(f"{share}/{folder}/{page}.{kind}", hidden=True)
    index = scene.page(f"{scene.root}/index.html")
    scene.check(f"a .{kind} in the folder", f"/{folder}/{page}.{kind}", goal=True, file=found)
    scene.check(f"a new .{kind} in the folder", f"/{folder}/{{word}}.{kind}", goal=True, file=fresh)
    scene.check("a page in the folder", f"/{folder}/{page}.html", file=html)
    scene.check(f"the vendor's .{kind}", f"/{page}.{kind}", file=vendor)
    scene.check(f"the vendor's .{kind} expires", f"/{page}.{kind}", with_headers={"cache-control": "max-age=86400"})
    scene.check(f"a .{kind} that nobody has", f"/{{word}}-{{word}}.{kind}", status=(404,))
    scene.check("the first page", "/", file=index)
    prompt = (
        f"http://{scene.name}/{folder}/ shows what is in {pool}. The pages there are fine, but every .{kind} "
        "file in it "
        f"is a 404 (or, worse, another file of the same name), though the files are there and readable. Outside "
        f"/{folder}/ the site's .{kind} files come from the package {agent}, and must go on doing so. {snippet} "
        "belongs "
        "to that package and must stay byte for byte."
    )
    return scene.draft(prompt, f"sed -i 's#location /{folder}/#location ^~ /{folder}/#' {scene.conf}")


def taken_address(rng: random.Random) -> Draft:
    """A vendor's server listens on one address more exactly than the site does, and gets all that is asked there."""
    scene = Scene(rng)
    agent, address = scene.nouns[0], scene.address()
    vendor, status = f"/etc/nginx/conf.d/{agent}.conf", f"{agent}-status.{scene.team}.example"
    text = (
        f"# Part of the package {agent}.\nserver {{\n    listen {address}:80;\n    server_name {status};\n"
        f'    default_type text/plain;\n    location / {{ return 200 "{agent} is up\\n"; }}\n}}\n'
    )
    scene.state.file(vendor, text)
    scene.vendor[vendor] = text
    scene.resolves(address, f"www.{scene.name}", status)
    both = f"{scene.name} www.{scene.name}"
    scene.site(scene.service, static(both, scene.root))
    index, page = scene.page(f"{scene.root}/index.html"), scene.page(f"{scene.root}/{{word}}.txt", hidden=True)
    there, up = {"address": address}, {"body": f"{agent} is up\n"}
    for name in (scene.name, f"www.{scene.name}"):
        scene.check(f"{name} at {address}", "/", host=name, **there, goal=True, file=index)
        scene.check(f"a page of {name} there", "/{word}.txt", host=name, **there, goal=True, file=page)
        scene.check(f"{name} at other addresses", "/", host=name, file=index)
    scene.check("the status page", "/{word}", host=status, **there, **up)
    scene.check("unknown names there get the status page", "/", host="{word}.invalid", **there, **up)
    scene.check("the status page at other addresses", "/", host=status, names_not=[f"{agent} is up"])
    prompt = (
        f"http://{scene.name}/ and http://www.{scene.name}/ work at 127.0.0.1. At {address} however, which is the "
        f'address that our visitors have, both answer "{agent} is up" since the package {agent} was installed, '
        "although "
        f"the server_name of {scene.conf} is right. Both names must work at every address, {address} included. The "
        f"package's status page, {status}, stays where it is: at {address} it must go on answering under its own name "
        f"and to names that nobody knows, and at other addresses it must not appear. {vendor} belongs to the package "
        "and must stay byte for byte."
    )
    return scene.draft(prompt, f"sed -i 's/listen 80;/listen 80; listen {address}:80;/' {scene.conf}")
