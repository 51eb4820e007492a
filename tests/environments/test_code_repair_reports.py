"""A report without a test is true: the call that it quotes goes wrong as it says, in a program started afresh."""

import json

import pytest

from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.code_repair.tasks.mutant import Mutant, load_mutants
from agentgym.environments.code_repair.verify import in_words
from agentgym.sandbox import SandboxBackend

REPORTED = 40
# One interpreter for each report: nothing of one call is there for the next.
ASK = """
import importlib, json, sys
module, call = sys.argv[1:]
sys.path.insert(0, ".")
known = vars(importlib.import_module(module))
try:
    answer = {"returned": eval(call, known)}
except Exception as error:
    answer = {"raised": type(error).__name__}
print(json.dumps(answer))
"""


def reported() -> list[Mutant]:
    mutants = [mutant for mutant in load_mutants() if 5 in mutant.levels]
    return mutants[:: max(1, len(mutants) // REPORTED)][:REPORTED]


@pytest.mark.slow
def test_the_call_of_a_report_goes_wrong_as_the_report_says(bubblewrap_backend: SandboxBackend) -> None:
    said, seen = {}, {}
    with bubblewrap_backend.acquire(CodeRepairEnv.sandbox_spec) as box:
        for number, mutant in enumerate(reported()):
            folder = f"/work/{number}"
            box.put_tree({path: text.encode() for path, text in mutant.sources().items()}, folder)
            name = f"{mutant.base}: {mutant.symptom.call}"
            said[name] = mutant.symptom.got
            module = f"{mutant.base}.{mutant.base}" if mutant.program.is_package else mutant.base
            result = box.exec(["python3", "-c", ASK, module, mutant.symptom.call], cwd=folder, timeout_s=20)
            seen[name] = in_words(json.loads(result.stdout)) if result.ok else result.text
    assert len(said) >= REPORTED // 2
    assert seen == said
