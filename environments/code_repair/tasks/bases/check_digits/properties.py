"""What holds of `check_digits`."""

from agentgym.environments.code_repair.tasks.base import Ask
from agentgym.environments.code_repair.tasks.call import Answer, Call


def property_one_wrong_digit_changes_the_luhn_digit(call: Call, answer: Answer, ask: Ask) -> None:
    """A slip in any one digit of the payload is noticed, and leading zeros do not matter."""
    if call.function == "check_digits.luhn_digit" and "returned" in answer:
        (payload,) = call.arguments
        assert ask(call._replace(arguments=["00" + payload])) == answer
        for place, digit in enumerate(payload):
            if digit != " ":
                slip = payload[:place] + str((int(digit) + 1) % 10) + payload[place + 1 :]
                assert ask(call._replace(arguments=[slip])) != answer


def property_a_new_book_number_fits(call: Call, answer: Answer, ask: Ask) -> None:
    """The new number keeps the nine digits and fits its own check digit; another old check digit is refused."""
    if call.function == "check_digits.isbn13" and "returned" in answer:
        number = answer["returned"]
        old = call.arguments[0].replace("-", "").replace(" ", "").upper()
        assert number[:12] == f"978{old[:9]}"
        assert (sum(map(int, number[::2])) + 3 * sum(map(int, number[1::2]))) % 10 == 0
        others = [old[:9] + check for check in "0123456789X" if check != old[9]]
        assert all(ask(call._replace(arguments=[other])) == {"raised": "BadCode"} for other in others)


def property_an_account_with_its_check_digits_leaves_one(call: Call, answer: Answer, ask: Ask) -> None:
    """Account, country and check digits leave 1 when divided by 97."""
    if call.function == "check_digits.iban_check":
        country, account = call.arguments
        digits = "".join(str(int(character, 36)) for character in account + country + answer["returned"])
        assert int(digits) % 97 == 1


def property_two_accounts_that_differ_once_are_not_both_valid(call: Call, answer: Answer, ask: Ask) -> None:
    """Of an account and one with another last digit, at most one is valid; case and blanks do not matter."""
    if call.function == "check_digits.is_iban":
        (text,) = call.arguments
        assert ask(call._replace(arguments=[f" {text.swapcase()} "])) == answer
        if answer["returned"] and text[-1].isdigit():
            slip = text[:-1] + str((int(text[-1]) + 1) % 10)
            assert ask(call._replace(arguments=[slip])) == {"returned": False}
