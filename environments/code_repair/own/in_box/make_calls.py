"""Makes random calls with a user's `inputs.py` inside a box and prints one framed JSON pair for each.

Usage: `python3 -I -B make_calls.py`; standard input is one JSON object with `nonce`, `program`, `seed` and `count`.
"""

import json
import os
import random
import runpy
import sys


def main() -> None:
    """Print the calls; what the program itself prints goes nowhere."""
    order = json.loads(sys.stdin.read())
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    random_call = runpy.run_path(order["program"])["random_call"]
    rng = random.Random(order["seed"])
    for _ in range(order["count"]):
        function, arguments = random_call(rng)
        results.write(f"{order['nonce']} {json.dumps([function, list(arguments)], allow_nan=False)}\n")
    results.flush()


if __name__ == "__main__":
    main()
