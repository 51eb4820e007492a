"""Tickets about one machine's nginx: sites, redirects, proxies, and who may see what."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.nginx.answers import REFUSED
from agentgym.environments.linux_config.families.nginx.scene import ENABLED, Scene, here, static


def wrong_root(rng: random.Random) -> Draft:
    """A web root that has moved."""
    scene = Scene(rng)
    old = f"/srv/www/{scene.service}-{rng.choice(('old', '2019', 'beta', 'staging'))}"
    scene.site(scene.service, static(scene.name, old))
    index, page = scene.page(f"{scene.root}/index.html"), scene.page(f"{scene.root}/{scene.nouns[0]}.html")
    new = scene.page(f"{scene.root}/{{word}}/{{word}}.html", hidden=True)
    scene.check("the first page", "/", goal=True, file=index)
    scene.check("a page", f"/{scene.nouns[0]}.html", goal=True, file=page)
    scene.check("a page made afterwards", "/{word}/{word}.html", goal=True, file=new)
    scene.check("what is not there", "/{word}.html", status=(404,))
    prompt = (
        f"http://{scene.name}/ answers 404 to everything. Its files are in {scene.root}, but {scene.conf} still names "
        f"{old}, which is gone. Point the site to {scene.root}."
    )
    return scene.draft(prompt, f"sed -i 's#root .*#root {scene.root};#' {scene.conf}")


def enable_site(rng: random.Random) -> Draft:
    """A site that is ready and not enabled, beside one that must not be."""
    scene = Scene(rng)
    scene.site(scene.service, static(scene.name, scene.root), enabled=False)
    draft = scene.named(scene.spare)
    scene.site(scene.spare, static(draft, f"/srv/www/{scene.spare}"), enabled=False)
    index, page = scene.page(f"{scene.root}/index.html"), scene.page(f"{scene.root}/{{word}}.txt", hidden=True)
    secret = scene.page(f"/srv/www/{scene.spare}/index.html")
    scene.check("the first page", "/", goal=True, file=index)
    scene.check("a page", "/{word}.txt", goal=True, file=page)
    scene.check(f"{draft} is not shown", "/", host=draft, hides=secret)
    scene.guard("the draft is not shown elsewhere", ["index.html", ""], secret, host=draft)
    prompt = (
        f"The new site http://{scene.name}/ is ready in {scene.conf}, but nobody has enabled it. Enable it. "
        f"{draft}, whose file is there too, is still a draft and must not be enabled."
    )
    return scene.draft(prompt, f"ln -s {scene.conf} {ENABLED}/")


def redirect(rng: random.Random) -> Draft:
    """A site moves to another name; what asks for the old one is sent there, but for one folder."""
    scene = Scene(rng)
    old, new = scene.name, scene.named(scene.spare)
    scene.resolves("127.0.0.1", new)
    folder = scene.nouns[0]
    scene.site(scene.service, static(old, scene.root))
    index, page = scene.page(f"{scene.root}/index.html"), scene.page(f"{scene.root}/{{word}}.txt", hidden=True)
    feed = scene.page(f"{scene.root}/{folder}/{{word}}.xml", hidden=True)
    scene.check("the new name", "/", host=new, goal=True, file=index)
    scene.check("a page of the new name", "/{word}.txt", host=new, goal=True, file=page)
    scene.check("what is not there under the new name", "/{word}", host=new, status=(404,), hides=index)
    moved = {"goal": True, "status": (301, 308)}
    scene.check("the old name", "/", **moved, location=f"http://{new}/")
    path = f"/{{word}}/{scene.nouns[1]}?{scene.nouns[2]}={{word}}&x=1"
    scene.check("a page of the old name", path, **moved, location=f"http://{new}{path}")
    scene.check("a folder's namesake", f"/{folder}-{{word}}", **moved, location=f"http://{new}/{folder}-{{word}}")
    scene.check("the folder under the old name", f"/{folder}/{{word}}.xml", file=feed)
    scene.check("the folder under the new name", f"/{folder}/{{word}}.xml", host=new, goal=True, file=feed)
    prompt = (
        f"The site http://{old}/ gets a new name: http://{new}/ must serve all that is in {scene.root}. Whoever asks "
        "for the old name must be redirected permanently to the same path, with the same query, under the new one. "
        f"There is one exception: devices that cannot follow redirects fetch files below http://{old}/{folder}/, which "
        f"must go on being served there, as well as under the new name. The old name's file is {scene.conf}."
    )
    blocks = (
        f"server {{\n    listen 80;\n    server_name {old};\n    root {scene.root};\n"
        f"    location / {{ return 301 http://{new}$request_uri; }}\n    location /{folder}/ {{ }}\n}}\n"
    )
    return scene.draft(prompt, here(scene.conf, blocks + static(new, scene.root)))


def body_size(rng: random.Random) -> Draft:
    """Uploads may be larger in one place, and there alone."""
    scene = Scene(rng)
    limit, folder = rng.randrange(3, 10), scene.nouns[0]
    where = scene.backend(scene.service, rng.randrange(3000, 9000))
    proxy = f"include proxy_params; proxy_pass http://{where};"
    both = (f"location / {{ {proxy} }}", f"location /{folder}/ {{ {proxy} }}")
    scene.site(scene.service, static(scene.name, "/var/www/html", *both))
    mib, to = 1 << 20, {"method": "POST", "headers": {"Content-Type": "application/octet-stream"}}
    sizes = {"size": limit * mib - 1000}
    scene.check(
        "a large upload",
        f"/{folder}/{{word}}",
        goal=True,
        **to,
        **sizes,
        backends=[scene.service],
        target=f"/{folder}/{{word}}",
    )
    scene.check("one that is too large", f"/{folder}/{{word}}", **to, size=limit * mib + 9000, status=(413,))
    scene.check("a large upload elsewhere", "/{word}", **to, size=mib + 9000, status=(413,), backends=[])
    scene.check("a small one elsewhere", "/{word}", **to, size=mib - 9000, backends=[scene.service])
    scene.check("a namesake of the folder", f"/{folder}x", **to, size=2 * mib, status=(413,), backends=[])
    prompt = (
        f'People upload files to http://{scene.name}/{folder}/ and get "413 Request Entity Too Large" for anything '
        f"over 1 MiB. Let them upload up to {limit} MiB there, and refuse more. Everywhere else on this site "
        "and on the "
        f"others the limit stays at 1 MiB. The site is in {scene.conf}; the application behind it has no limit "
        "(it does "
        f"not run at the moment, but will at {where})."
    )
    return scene.draft(prompt, f"sed -i 's#location /{folder}/ {{#& client_max_body_size {limit}m;#' {scene.conf}")


def single_page(rng: random.Random) -> Draft:
    """An application of one page, whose paths are its own, and whose missing assets are missing."""
    scene = Scene(rng)
    folder = scene.nouns[0]
    scene.site(scene.service, static(scene.name, scene.root, "location / { try_files $uri $uri/ =404; }"))
    index = scene.page(f"{scene.root}/index.html")
    asset = scene.page(f"{scene.root}/{folder}/{{word}}.js", hidden=True)
    text = scene.page(f"{scene.root}/{scene.nouns[1]}.txt")
    scene.check("the first page", "/", file=index)
    scene.check("a path of the application", f"/{scene.nouns[2]}/{{word}}", goal=True, file=index)
    scene.check("another one", "/{word}.html?page=2", goal=True, file=index)
    scene.check("a file", f"/{scene.nouns[1]}.txt", file=text)
    scene.check("an asset", f"/{folder}/{{word}}.js", file=asset)
    scene.check("a missing asset", f"/{folder}/no-{{word}}.js", status=(404,), hides=index)
    scene.check("a missing folder of assets", f"/{folder}/{{word}}/x", status=(404,), hides=index)
    scene.check("a namesake of the assets", f"/{folder}-{{word}}", goal=True, file=index)
    prompt = (
        f"http://{scene.name}/ has become an application that draws its own paths: whatever path is asked for and is "
        f"no file in {scene.root} must be answered with the content of {scene.root}/index.html and status 200, without "
        f"a redirect. Files that are there are served as before. Below /{folder}/ nothing changes: what is missing "
        f"there is a 404. The site is in {scene.conf}."
    )
    inner = f"location /{folder}/ {{ try_files $uri =404; }}"
    return scene.draft(prompt, f"sed -i 's#=404; }}#/index.html; }} {inner}#' {scene.conf}")


def api_proxy(rng: random.Random) -> Draft:
    """One folder of a site is an application, which has other paths and must know who asks."""
    scene = Scene(rng)
    folder, port = scene.nouns[0], rng.randrange(3000, 9000)
    where, client = scene.backend("api", port, scene.address()), scene.address()
    scene.site(scene.service, static(scene.name, scene.root))
    index = scene.page(f"{scene.root}/index.html")
    near = scene.page(f"{scene.root}/{folder}-{{word}}.html", hidden=True)
    shadow = scene.page(f"{scene.root}/{folder}/{{word}}.html", hidden=True)
    reached = {"goal": True, "backends": ["api"], "source": client}
    sent = {"host": scene.name, "x-forwarded-proto": "http"}
    scene.check("a path", f"/{folder}/{{word}}/list", **reached, target="/{word}/list", sent=sent, client=client)
    scene.check(
        "a query", f"/{folder}/a?{scene.nouns[1]}={{word}}&b=2", **reached, target=f"/a?{scene.nouns[1]}={{word}}&b=2"
    )
    scene.check("its first page", f"/{folder}/", **reached, target="/")
    scene.check("what is sent to it", f"/{folder}/x", **reached, method="PUT", size=5000, target="/x")
    forged = {"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "gopher"}
    scene.check("forged headers", f"/{folder}/y", **reached, headers=forged, target="/y", sent=sent, client=client)
    scene.check("a file with its name", f"/{folder}/{{word}}.html", **reached, target="/{word}.html", hides=shadow)
    scene.check("the site's first page", "/", file=index, backends=[])
    scene.check("a namesake", f"/{folder}-{{word}}.html", file=near, backends=[])
    prompt = (
        f"Everything below http://{scene.name}/{folder}/ must be answered by the application that listens at {where} "
        f"(it does not run at the moment). The application knows nothing of /{folder}/: what is asked for as "
        f"/{folder}/a/b?c=1 it must get as /a/b?c=1. It must also get the name that was asked for as `Host`, `http` as "
        "`X-Forwarded-Proto`, and in `X-Forwarded-For` the client's own address, last if there are several: a client "
        f"must not be able to pass for another. The rest of the site stays as it is. It is in {scene.conf}."
    )
    location = f"location /{folder}/ {{ include proxy_params; proxy_pass http://{where}/; }}"
    return scene.draft(prompt, f"sed -i 's#index index.html;#& {location}#' {scene.conf}")


def private_area(rng: random.Random) -> Draft:
    """A folder for one network; hidden files and backups for nobody."""
    scene = Scene(rng)
    folder, page = scene.nouns[:2]
    inside = scene.address()
    network = f"{inside.rpartition('.')[0]}.0/24"
    alone, outside = scene.address(), scene.address()
    assets = "location ~* \\.(css|js|png)$ { expires 1h; }"
    scene.site(scene.service, static(scene.name, scene.root, assets))
    html, style = scene.page(f"{scene.root}/{folder}/{page}.html"), scene.page(f"{scene.root}/{folder}/{page}.css")
    public, drawn = scene.page(f"{scene.root}/{page}.html"), scene.page(f"{scene.root}/{{word}}.css", hidden=True)
    near = scene.page(f"{scene.root}/{folder}-{{word}}.html", hidden=True)
    known = scene.page(f"{scene.root}/.well-known/{{word}}", hidden=True)
    for number, source in enumerate((inside, alone)):
        scene.check(f"{source} reads /{folder}/", f"/{folder}/{page}.html", source=source, file=html)
        scene.check(f"{source} reads its styles", f"/{folder}/{page}.css", source=source, file=style)
        secret = scene.page(f"{scene.root}/{folder}/.{{word}}{number}", hidden=True)
        hidden = {"status": REFUSED, "hides": secret, "goal": True}
        scene.check(f"{source} gets no hidden file of it", f"/{folder}/.{{word}}{number}", source=source, **hidden)
    for path, text in ((f"{page}.html", html), (f"{page}.css", style)):
        scene.check(f"others get no {path}", f"/{folder}/{path}", source=outside, goal=True, status=(403,), hides=text)
        forged = {"X-Forwarded-For": inside, "X-Real-IP": inside}
        scene.check(
            f"nor when they say that they are {inside}",
            f"/{folder}/{path}",
            source=outside,
            goal=True,
            status=(403,),
            headers=forged,
            hides=text,
        )
    for path in (".git/{word}", ".env", f"{page}.html.bak", f"{folder}/{page}.css.bak", "{word}.css.bak"):
        secret = scene.page(f"{scene.root}/{path}", hidden=True)
        scene.check(f"{path} is for nobody", f"/{path}", source=inside, goal=True, status=REFUSED, hides=secret)
    secrets = [scene.page(f"{scene.root}/{folder}/in-{{word}}.{kind}", hidden=True) for kind in ("html", "bak")]
    shut = [f"in-{{word}}.{kind}" for kind in ("html", "bak")]
    inner_paths = [f"{folder}/{path}" for path in shut]
    scene.guard("others find no way in", [*shut, *inner_paths], *secrets, source=outside, goal=True)
    scene.guard("nobody finds a backup", [shut[1], inner_paths[1]], secrets[1], source=inside, goal=True)
    scene.check("others read the rest", f"/{page}.html", source=outside, file=public)
    scene.check(
        "the rest's styles", "/{word}.css", source=outside, file=drawn, with_headers={"cache-control": "max-age=3600"}
    )
    scene.check("a namesake", f"/{folder}-{{word}}.html", source=outside, file=near)
    scene.check("/.well-known/", "/.well-known/{word}", source=outside, file=known)
    prompt = (
        f"On http://{scene.name}/ everything below /{folder}/, of whatever type, is for the network {network} and for "
        f"{alone} only; everybody else must get a 403 for what is there, whatever they put into headers. Besides, "
        "nobody at all may read hidden files (those "
        "with a name that begins with a dot, or in a folder with such a name) or files whose name ends in `.bak`, "
        f"anywhere on this site, /{folder}/ included: answer 403 or 404. /.well-known/ is the exception and stays "
        "public. The rest of the site stays as it is, its expiry of an hour for styles included. It is in "
        f"{scene.conf}."
    )
    forbid = ("location ~ /\\.(?!well-known/) { deny all; }", "location ~ \\.bak$ { deny all; }")
    inner = " ".join(line.replace("(?!well-known/)", "") for line in forbid)
    area = f"location ^~ /{folder}/ {{ allow {network}; allow {alone}; deny all; {inner} }}"
    return scene.draft(prompt, here(scene.conf, static(scene.name, scene.root, *forbid, assets, area)))


def downloads(rng: random.Random) -> Draft:
    """A folder from elsewhere, with a listing, for reading, and without ways out of it."""
    scene = Scene(rng)
    folder, store, page = scene.nouns[:3]
    pool = f"/srv/{store}/{scene.spare}"
    scene.site(scene.service, static(scene.name, scene.root))
    index = scene.page(f"{scene.root}/index.html")
    sample, fresh = scene.page(f"{pool}/{page}.tar"), scene.page(f"{pool}/{{word}}/{{word}}.tar", hidden=True)
    beside = scene.page(f"/srv/{store}/{{word}}.key", hidden=True)
    scene.page(f"{scene.root}/{page}-{{word}}/plain.txt", hidden=True)
    scene.page(f"{pool}/out-{{word}}", link=f"/srv/{store}/{{word}}.key")
    scene.check("a file", f"/{folder}/{page}.tar", goal=True, file=sample)
    scene.check("a file deeper down", f"/{folder}/{{word}}/{{word}}.tar", goal=True, file=fresh)
    scene.check("the listing", f"/{folder}/", goal=True, lists=[f"{page}.tar", "{word}/"])
    scene.check("a listing deeper down", f"/{folder}/{{word}}/", goal=True, lists=["{word}.tar"])
    scene.check("no listing elsewhere", f"/{page}-{{word}}/", status=REFUSED, names_not=["plain.txt"])
    scene.check("HEAD", f"/{folder}/{page}.tar", goal=True, method="HEAD")
    for method in ("POST", "PUT", "DELETE"):
        path = f"/{folder}/{page}.tar"
        scene.check(f"no {method}", path, goal=method == "POST", method=method, size=5, status=(403, 405), hides=sample)
    for path in (f"/{folder}../{{word}}.key", f"/{folder}/../{{word}}.key", f"/{folder}/%2e%2e/{{word}}.key"):
        scene.check(f"no way out by {path}", path, status=(400, 403, 404), hides=beside)
    scene.listing = True
    scene.guard("no way out elsewhere", ["{word}.key", "out-{word}"], beside)
    scene.check("no way out by a link", f"/{folder}/out-{{word}}", status=REFUSED, hides=beside)
    scene.check("the first page", "/", file=index)
    prompt = (
        f"http://{scene.name}/{folder}/ must show what is in {pool}, subfolders too, with nginx's own directory "
        f"listing. There may be listings below /{folder}/ only, and nowhere else. It is for reading: methods other "
        f"than GET and HEAD must get a 403 or a 405 there. Nothing outside {pool} may be reached through it, neither "
        "by tricks in the path nor by symbolic links that somebody puts into it: no link is to be followed. "
        "The rest of "
        f"the site stays as it is. It is in {scene.conf}."
    )
    location = (
        f"location /{folder}/ {{ alias {pool}/; autoindex on; disable_symlinks on; limit_except GET {{ deny all; }} }}"
    )
    return scene.draft(prompt, f"sed -i 's#index index.html;#& {location}#' {scene.conf}")
