"""C++ programs in the box: right ones pass, slow and wrong ones do not, and no bomb is more than a verdict."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from agentgym.environments.gauntlet.cpp import judge as judging
from agentgym.environments.gauntlet.cpp.judge import SPEC, Case, judge, output_fault, small_cases
from agentgym.environments.gauntlet.cpp.sequences import History, Operation, by_definition, by_moebius, large, small
from agentgym.environments.gauntlet.parts import PARTS
from agentgym.environments.gauntlet.parts.range_queries import V1, solution
from agentgym.errors import ImageNotFound, InfrastructureError, SandboxBroken, SandboxLost
from agentgym.sandbox import ExecReason, ExecResult, Sandbox, SandboxBackend

CHECK: Mapping[str, Any] = {
    "kind": "cpp", "seed": 5, "divisor": 1, "size": 300, "largest": 500, "cpu_s": 2, "memory_mib": 256,
    "constraints": [{"kind": "lines", "at_most": 219}],
}  # fmt: skip
READS = """#include <cstdio>
#include <vector>
#include <numeric>
int main() { int n, q; scanf("%d %d", &n, &q); std::vector<long> a(n + 1); for (int i = 1; i <= n; i++)
scanf("%ld", &a[i]); while (q--) { int k; long x, y; scanf("%d %ld %ld", &k, &x, &y);
if (k == 2) { a[x] = y; continue; }
"""
QUADRATIC = (
    READS + "long s = 0; for (int i = x; i <= y; i++) for (int j = i + 1; j <= y; j++) s += std::gcd(a[i], a[j]) == 1;"
    ' printf("%ld\\n", s); } }'
)

COMPILE_BOMBS = {
    "template-recursion": "template <int N> struct A { static const int v = A<N + 1>::v; };\n"
    "int main() { return A<0>::v; }",
    "template-doubling": "template <int N, class T> struct A { A<N - 1, A<N, int>> x; A<N - 1, A<N, T*>> y; };\n"
    "template <class T> struct A<0, T> { }; A<60, int> a; int main() { }",
    "dev-zero": '#include "/dev/zero"\nint main() { }',
    "dev-random": '#include "/dev/urandom"\nint main() { }',
    "shadow": '#include "/etc/shadow"\nint main() { }',
    "itself-twice": "#include __FILE__\n#include __FILE__\nint main() { }",
    "incbin": 'asm(".incbin \\"/dev/zero\\"");\nint main() { }',
    "giant-array": "int a[1l << 29] = {1}; int main() { return a[5]; }",
    "constexpr-loop": "constexpr long f() { long s = 0; for (long i = 0; i >= 0; i++) s += i; return s; }\n"
    "constexpr long x = f(); int main() { return x; }",
    "macro-explosion": "".join(
        f"#define M{i} {' '.join([f'M{i - 1}'] * 10) if i else '+1'}\n" for i in range(11)
    ) + "int main() { return M10; }",
    "many-errors": "int main() { " + "undefined_name(); " * 900 + "}",
    "not-cpp": "print('hello')",
    "null-bytes-and-brackets": "(" * 15_000,
}  # fmt: skip

RUN_BOMBS = {
    "constants": ('#include <cstdio>\nint main() { puts("0"); }', "not the"),
    "includes-proc": ('#include "/proc/self/maps"\nint main() { }', "prints 0 numbers"),
    "pairs-not-coprime": (READS + 'printf("%ld\\n", (y - x) * (y - x + 1) / 2); } }', "is right"),
    "fork-bomb": ("#include <unistd.h>\nint main() { for (;;) fork(); }", "of processor time"),
    "another-process": ("#include <unistd.h>\nint main() { return fork() == -1 ? 7 : 0; }", "exit status 7"),
    "another-thread": (
        "#include <thread>\nint main() { std::thread([] { for (;;); }).join(); }",
        "Resource temporarily unavailable",
    ),
    "endless-output": ('#include <cstdio>\nint main() { for (;;) puts("1"); }', ""),
    "endless-loop": ("int main() { for (volatile int i = 0;; i++); }", "2 s of processor time"),
    "endless-sleep": ("#include <unistd.h>\nint main() { pause(); }", "did not end"),
    "endless-memory": ("#include <vector>\nint main() { std::vector<int> v; for (;;) v.push_back(1); }", "bad_alloc"),
    "endless-recursion": ("int f(int n) { volatile int x[99]; return f(n + x[0]) + 1; }\nint main() { f(1); }", ""),
    "crash": ("#include <cstdlib>\nint main() { abort(); }", "signal 6"),
    "exit-status": ("int main() { return 3; }", "exit status 3"),
    "reads-files": (
        "#include <cstdio>\n#include <cstdlib>\nint main() {"
        ' system("cat /work/* /tmp/* /proc/*/environ /proc/*/cmdline /etc/shadow /home/agent/* 2>/dev/null"); }',
        "",
    ),
    "writes-elsewhere": (
        '#include <cstdlib>\nint main() { system("rm -rf /work/* /tmp/*; mkdir output; ln -sf /dev/zero output"); }',
        "",
    ),
    "kills-all": ("#include <signal.h>\nint main() { kill(-1, 9); for (;;); }", ""),
    "output-is-a-fifo": (
        '#include <sys/stat.h>\n#include <unistd.h>\nint main() { unlink("output"); mkfifo("output", 0666); }',
        "cannot be read",
    ),
    "output-is-a-device": ('#include <unistd.h>\nint main() { unlink("output"); symlink("/dev/zero", "output"); }', ""),
}  # fmt: skip


def ended(reason: ExecReason, exit_code: int | None = None, stderr: str = "") -> ExecResult:
    return ExecResult(reason, exit_code, stderr=stderr.encode())


@pytest.fixture
def fresh_box(backend: SandboxBackend) -> Callable[[], Sandbox]:
    try:
        backend.preflight(SPEC)
    except ImageNotFound as error:
        pytest.skip(str(error))
    return lambda: backend.acquire(SPEC)


def faults(program: str, fresh_box: Callable[[], Sandbox], **changes: Any) -> dict[str, str]:
    return {
        finding.aspect or "value": finding.fault
        for finding in judge(program, {**CHECK, **changes}, fresh_box=fresh_box)
    }


def test_two_ways_of_counting_agree() -> None:
    for seed in range(40):
        divisor = seed % 4 + 1
        for window in small(Random(seed), divisor).windows():
            assert by_moebius(window, divisor) == by_definition(window, divisor)
    for window in list(large(Random(1), 1, 400, 3_000).windows())[::40]:
        assert by_moebius(window, 1) == by_definition(window, 1)


def test_histories_are_as_the_prompt_says() -> None:
    for history in [*(small(Random(seed), 2) for seed in range(40)), large(Random(1), 2, 500, 900)]:
        assert history.queries > 0
        assert all(1 <= x <= len(history.values) for _, x, _ in history.operations)
        assert all(x <= y <= len(history.values) for kind, x, y in history.operations if kind == 1)
        assert all(y >= 1 for _, _, y in history.operations)
        assert [*map(int, history.text().split())][:2] == [len(history.values), len(history.operations)]
    assert {len(small(Random(seed), 1).values) for seed in range(40)} >= {1, 2, 40}


def test_an_update_holds_for_later_queries_only() -> None:
    history = History((2, 4), (Operation(1, 1, 2), Operation(2, 1, 3), Operation(1, 1, 2), Operation(1, 2, 2)))
    assert list(history.windows()) == [[2, 4], [3, 4], [4]]
    assert list(history.windows([0, 2])) == [[2, 4], [4]]
    assert [by_definition(window, 1) for window in history.windows()] == [0, 1, 0]


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (b"0\n1\n0\n", ""),
        (b" 0 1\r\n0", ""),
        (b"0\n1\n", "prints 2 numbers, not the 3"),
        (b"0\n1\n0\n0\n", "prints 4 numbers"),
        (b"0\n2\n0\n", "answer to query 2 is '2', where 1 is right"),
        (b"0\n01\n0\n", "answer to query 2"),
        (b"0\n1.0\n0\n", "answer to query 2"),
        (b"0\n\xff\n0\n", "answer to query 2"),
        (b"", "prints 0 numbers"),
    ],
)
def test_output_is_compared_as_data(output: bytes, fault: str) -> None:
    history = History((2, 4), (Operation(1, 1, 2), Operation(2, 1, 3), Operation(1, 1, 2), Operation(1, 2, 2)))
    found = output_fault(output, Case(history, {0: 0, 1: 1, 2: 0}))
    assert fault in found
    assert bool(fault) == bool(found)


def test_other_seeds_make_other_inputs() -> None:
    one, other = (next(small_cases({**CHECK, "seed": seed})).history for seed in (1, 2))
    assert one != other


@pytest.mark.slow
def test_the_solution_keeps_the_limits_and_a_quadratic_one_misses_them(fresh_box: Callable[[], Sandbox]) -> None:
    check = dict(V1.problem(Random(1)).parts[-1].check)
    assert not any(faults(solution(1), fresh_box, **check).values())
    missed = faults(QUADRATIC, fresh_box, **check)
    assert "6 s of processor time" in missed.pop("limits")
    assert not any(missed.values())


def test_the_solution_of_a_sibling_is_right(fresh_box: Callable[[], Sandbox]) -> None:
    sibling = PARTS["c"].sibling(Random(3))
    check = dict(sibling.problem(Random(1)).parts[-1].check) | {"size": 500}
    found = faults(solution(int(str(check["divisor"]))), fresh_box, **check)
    assert found == {"constraint:lines": "", "compiles": "", "value": "", "limits": ""}
    assert faults(solution(1), fresh_box, **check)["value"]


def test_a_program_of_too_many_lines_is_told_apart(fresh_box: Callable[[], Sandbox]) -> None:
    found = faults(solution(1) + "\n" * 150, fresh_box)
    assert "lines" in found.pop("constraint:lines")
    assert not any(found.values())


class PoorBox:
    """A box whose every command ends in the same way."""

    spec = SPEC.model_copy(update={"image": "poor"})

    def __init__(self, end: ExecResult | SandboxBroken) -> None:
        self.end = end

    def __enter__(self) -> "PoorBox":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def write(self, path: str, content: bytes) -> None:
        pass

    def exec(self, command: list[str], **options: Any) -> ExecResult:
        if isinstance(self.end, SandboxBroken):
            raise self.end
        return self.end


@pytest.mark.parametrize(
    ("end", "error", "said"),
    [
        (ended(ExecReason.EXITED, 127, "sh: 1: exec: g++: not found"), ImageNotFound, "'poor' lacks a .* g[+]+: not f"),
        (ended(ExecReason.EXITED, 126, "g++: Permission denied"), ImageNotFound, "Permission denied"),
        (ended(ExecReason.EXITED, 1, "cannot execute 'cc1plus'"), ImageNotFound, "cc1plus"),
        (ended(ExecReason.TIMEOUT), SandboxLost, "a fresh box of image 'poor' failed"),
        (ended(ExecReason.OOM), SandboxLost, "a fresh box of image 'poor' failed"),
        (SandboxBroken("gone"), SandboxLost, "nothing of the policy's had run yet: gone"),
    ],
)
def test_a_box_that_compiles_nothing_is_no_verdict(
    end: ExecResult | SandboxBroken, error: type[InfrastructureError], said: str
) -> None:
    with pytest.raises(error, match=said):
        list(judge(solution(1), CHECK, fresh_box=lambda: PoorBox(end)))  # type: ignore[arg-type, return-value]


def test_an_image_without_a_compiler_is_no_verdict(backend: SandboxBackend) -> None:
    spec = SPEC.model_copy(update={"image": "linux"})
    with pytest.raises(ImageNotFound, match=r"'linux' lacks g[+]+"):
        backend.preflight(spec)
    with pytest.raises(ImageNotFound, match=r"'linux' lacks a working g[+]+: .*not found"):
        list(judge(solution(1), CHECK, fresh_box=lambda: backend.acquire(spec)))


@pytest.mark.parametrize("name", COMPILE_BOMBS)
def test_what_does_not_compile_is_a_verdict(
    name: str, fresh_box: Callable[[], Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "COMPILE_CPU_S", 2)
    monkeypatch.setattr(judging, "COMPILE_MIB", 300)
    found = faults(COMPILE_BOMBS[name], fresh_box)
    assert found["compiles"].startswith("it does not compile: ")
    assert len(found["compiles"]) > 30
    assert len(found["compiles"]) < 300
    assert "value" not in found


@pytest.mark.parametrize("name", RUN_BOMBS)
def test_what_a_program_does_is_a_verdict(
    name: str, fresh_box: Callable[[], Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, said = RUN_BOMBS[name]
    # Only who waits is to be ended by the clock: processor time can be long in coming on a busy machine.
    monkeypatch.setattr(judging, "PATIENCE", 2 if said == "did not end" else 60)
    found = faults(program, fresh_box)
    assert said in found["value"]
    assert found["value"]
    assert "limits" not in found
