"""What holds of `vm`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call

MAX_STEPS = 500


def property_what_is_left_can_be_pushed(call: Call, answer: Answer, ask: Ask) -> None:
    """A program that pushes what is left, in order, leaves the same in as many steps."""
    if call.function == "vm.run" and "returned" in answer and answer["returned"]["stack"]:
        stack = answer["returned"]["stack"]
        pushed = ask(Call(call.function, ["\n".join(f"push {number}" for number in stack)]))
        assert pushed == {"returned": {"printed": [], "stack": stack, "steps": len(stack)}}


def property_a_step_more_in_front_is_counted(call: Call, answer: Answer, ask: Ask) -> None:
    """With two steps in front that leave no trace, and comments, all but the number of steps is the same."""
    source, *inputs = call.arguments
    text = "; a: comment\npush 7\n\n  drop ; no trace\n" + source
    if call.function == "vm.run" and "returned" in answer and answer["returned"]["steps"] <= MAX_STEPS - 2:
        expected = {**answer["returned"], "steps": answer["returned"]["steps"] + 2}
        assert ask(Call(call.function, [text, *inputs])) == {"returned": expected}


def property_what_is_left_can_be_printed(call: Call, answer: Answer, ask: Ask) -> None:
    """A program that goes on by printing the top prints it, and leaves the rest."""
    if (
        call.function == "vm.run"
        and "returned" in answer
        and "halt" not in call.arguments[0]
        and answer["returned"]["steps"] < MAX_STEPS
    ):
        more = ask(Call(call.function, [call.arguments[0] + "\nprint", *call.arguments[1:]]))
        stack = answer["returned"]["stack"]
        if stack:
            assert more["returned"]["printed"] == [*answer["returned"]["printed"], stack[-1]]
        else:
            assert more == {"raised": "MachineError"}


def property_lines_above_move_a_mistake_down(call: Call, answer: Answer, ask: Ask) -> None:
    """With two blank lines above, a mistake is two lines further down; and such a program does not run."""
    if call.function == "vm.wrong_line" and answer["returned"] is not None:
        (source,) = call.arguments
        assert ask(Call("vm.wrong_line", ["\n; nothing\n" + source])) == {"returned": answer["returned"] + 2}
        assert ask(Call("vm.run", [source])) == {"raised": "AssemblyError"}
