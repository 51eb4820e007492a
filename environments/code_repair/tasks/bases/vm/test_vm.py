import pytest

from .assembler import AssemblyError, assemble
from .machine import MachineError
from .vm import run, wrong_line

COUNTDOWN = """
        read
again:  dup
        jumpzero done   ; nothing left
        dup
        print
        push 1
        sub
        jump again
done:   drop
"""


def test_numbers_are_left_on_the_stack() -> None:
    assert run("push 3\npush -4") == {"printed": [], "stack": [3, -4], "steps": 2}


def test_the_right_operand_is_on_top() -> None:
    assert run("push 9\npush 4\nsub")["stack"] == [5]
    assert run("push 2\npush 3\nless")["stack"] == [1]


def test_division_rounds_down() -> None:
    assert run("push -7\npush 2\ndiv\npush -7\npush 3\nmod")["stack"] == [-4, 2]


def test_a_loop_ends() -> None:
    assert run(COUNTDOWN, [3]) == {"printed": [3, 2, 1], "stack": [], "steps": 25}


def test_inputs_run_out() -> None:
    assert run("read\nread", [8])["stack"] == [8, -1]


def test_variables_begin_at_zero() -> None:
    assert run("load a\npush 5\nstore a\nload a")["stack"] == [0, 5]


def test_the_stack_is_shuffled() -> None:
    assert run("push 1\npush 2\nswap\ndup\ndrop")["stack"] == [2, 1]


def test_subroutines_return_behind_their_call() -> None:
    source = "push 3\ncall square\nprint\nhalt\nsquare: call double\nmul\nreturn\ndouble: dup\nreturn"
    assert run(source)["printed"] == [9]


def test_a_label_may_stand_alone_and_at_the_end() -> None:
    assert run("jump end\npush 1\nend:")["stack"] == []
    assert assemble("a:\n\nb: jump a")[0].number == 0


def test_lines_that_cannot_be_assembled() -> None:
    for text in ("fly", "push", "push x", "add 1", "jump away", "a: b: halt", "jump a\na:\na:"):
        with pytest.raises(AssemblyError):
            run(text)


def test_the_line_of_a_mistake_is_named() -> None:
    with pytest.raises(AssemblyError, match="line 3") as caught:
        run("push 1\n; fine\nfly")
    assert caught.value.line == 3
    assert wrong_line("fly\na:\na:") == 3
    assert wrong_line("halt") is None


def test_an_empty_stack() -> None:
    with pytest.raises(MachineError, match="empty"):
        run("push 1\nadd")


def test_division_by_zero() -> None:
    with pytest.raises(MachineError, match="zero"):
        run("push 1\npush 0\ndiv")


def test_an_endless_loop_is_stopped() -> None:
    with pytest.raises(MachineError, match="too long"):
        run("a: jump a")


def test_a_return_needs_a_call() -> None:
    with pytest.raises(MachineError, match="called"):
        run("return")
