"""What holds of `matrix`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_a_product_turned_over_is_the_product_of_the_turned(call: Call, answer: Answer, ask: Ask) -> None:
    """The transposed product is the product of the transposed matrices in the other order."""
    if call.function == "matrix.multiply":
        left, right = call.arguments
        assert (answer == {"raised": "ValueError"}) == (len(left[0]) != len(right))
        if "returned" in answer:
            flipped = [[list(column) for column in zip(*matrix, strict=True)] for matrix in (right, left)]
            other = ask(call._replace(arguments=flipped))["returned"]
            assert [list(column) for column in zip(*other, strict=True)] == answer["returned"]


def property_a_product_has_the_right_sum(call: Call, answer: Answer, ask: Ask) -> None:
    """Each row of the product adds up to the row times the sums of the right matrix's rows."""
    if call.function == "matrix.multiply" and "returned" in answer:
        left, right = call.arguments
        sums = [sum(row) for row in right]
        for row, product in zip(left, answer["returned"], strict=True):
            assert len(product) == len(right[0])
            assert sum(product) == sum(a * b for a, b in zip(row, sums, strict=True))


def property_a_turn_can_be_undone(call: Call, answer: Answer, ask: Ask) -> None:
    """Turning back gives the matrix again; a quarter turn brings the top row to the right edge."""
    if call.function == "matrix.rotate":
        matrix, turns = call.arguments
        assert ask(call._replace(arguments=[answer["returned"], -turns]))["returned"] == matrix
        once = ask(call._replace(arguments=[matrix, 1]))["returned"]
        assert [row[-1] for row in once] == matrix[0]
        assert ask(call._replace(arguments=[once, turns - 1]))["returned"] == answer["returned"]


def property_a_spiral_goes_on_after_its_first_row(call: Call, answer: Answer, ask: Ask) -> None:
    """A spiral is the first row, and then the spiral of the other rows turned to the left."""
    if call.function == "matrix.spiral":
        first, *others = call.arguments[0]
        rest = []
        if others:
            turned = ask(Call("matrix.rotate", [others, -1]))["returned"]
            rest = ask(call._replace(arguments=[turned]))["returned"]
        assert answer["returned"] == first + rest
