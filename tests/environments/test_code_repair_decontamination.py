"""No two base programs are nearly the same."""

from __future__ import annotations

from agentgym.decontamination import THRESHOLD, near_duplicates
from agentgym.environments.code_repair.env import CodeRepairEnv
from agentgym.environments.code_repair.tasks.bases import BASES


def test_no_base_program_is_nearly_another() -> None:
    programs = {f"{base.name}: {path}": text for base in BASES for path, text in base.sources.items()}
    alike = [
        f"{match.similarity:.2f} {match.ours} ~ {match.theirs}"
        for match in near_duplicates(programs, THRESHOLD)
        # Modules of one program may share a habit; they are served together. Constructors keep what they are given.
        if not match.ours.function.endswith("__init__")
        and match.ours.program.partition(":")[0] != match.theirs.program.partition(":")[0]
    ]
    assert not alike, "\n".join(alike)


def test_the_environment_tells_every_module_of_every_base() -> None:
    programs = CodeRepairEnv.programs()
    assert len(programs) == sum(len(base.sources) for base in BASES)
    assert all(programs[path] == text for base in BASES for path, text in base.sources.items())
