"""A page in headless Chromium: a script plays its reader, and tells what came of it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

# A headless window is never narrower than 500, a frame may be; and of the frame, this document can ask all.
FRAME = """<!DOCTYPE html><iframe id="frame" src="%(source)s" style="width: %(width)dpx; height: 900px"></iframe>
<pre id="answer">nothing</pre>
<script>
const frame = document.getElementById("frame");
async function until(condition) {
  for (let tries = 0; tries < 400 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!condition()) throw new Error(`it never came to this: ${condition}`);
}
frame.onload = async () => {
  const page = frame.contentWindow, document_ = frame.contentDocument;
  const one = (selector) => document_.querySelector(selector);
  const all = (selector) => [...document_.querySelectorAll(selector)];
  const press = (key) => document_.activeElement.dispatchEvent(
    new page.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const choose = (id, value) => { one(id).value = value; one(id).dispatchEvent(new page.Event("change")); };
  const type = (id, value) => { one(id).value = value; one(id).dispatchEvent(new page.Event("input")); };
  let answer;
  try { answer = await (async () => { %(script)s })(); } catch (error) { answer = { error: String(error) }; }
  document.getElementById("answer").textContent = JSON.stringify(answer);
};
</script>
"""


class Seen(NamedTuple):
    """What the script answered, and what the browser complained of."""

    answer: Any
    complaints: list[str]


def browse(page: Path, script: str, *, at: str = "", width: int = 1200, dark: bool = False) -> Seen:
    """Open a page in a frame and run a script beside it; skips where there is no Chromium.

    Args:
        page: a file.
        script: the body of an asynchronous function that returns what JSON can hold. It knows `page` (the window),
            `one(selector)`, `all(selector)`, `press(key)`, `choose(id, value)`, `type(id, value)` and
            `until(condition)`.
        at: what follows `#`.
        width: of the frame.
        dark: whether the reader prefers dark colours.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    frame = page.with_name("frame.html")
    source = html.escape(f"{page.name}#{at}" if at else page.name)
    frame.write_text(FRAME % {"source": source, "width": width, "script": script}, encoding="utf-8")
    argv = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    argv += ["--allow-file-access-from-files", "--enable-logging=stderr", f"--user-data-dir={page.parent}/profile"]
    argv += [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    argv += ["--virtual-time-budget=20000", "--dump-dom", frame.as_uri()]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert found is not None, done.stderr
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Seen(json.loads(html.unescape(found[1])), complaints)
