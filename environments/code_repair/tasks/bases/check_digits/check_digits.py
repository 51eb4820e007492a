"""Check digits of card numbers, books and bank accounts."""

import re

BOOK_PREFIX = "978"
IBAN_LENGTHS = {"BE": 16, "DE": 22, "NL": 18, "NO": 15}


class BadCode(ValueError):
    """A code that is not made as its kind should be, or whose check digit is wrong."""


def luhn_digit(payload: str) -> int:
    """Return the digit that makes a number of the payload when it is put behind it.

    Every second digit of the payload is doubled, its last one first; a result above 9 is lessened by 9. With the check
    digit, the sum of all is a multiple of 10. Blanks in the payload are ignored.

    Raises:
        BadCode: there is no digit, or something else than digits.
    """
    digits = payload.replace(" ", "")
    if not re.fullmatch(r"[0-9]+", digits):
        raise BadCode(f"{payload!r} is not a number")
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2 == 0:
            value *= 2
        total += value - 9 if value > 9 else value
    return -total % 10


def isbn13(isbn10: str) -> str:
    """Return the modern form of a book's old number: 978, its first nine digits, and a new check digit.

    Blanks and hyphens are ignored, and a check digit of 10 is written X or x.

    Raises:
        BadCode: it has not nine digits and a check digit, or the check digit is wrong.
    """
    code = re.sub(r"[ -]", "", isbn10).upper()
    if not re.fullmatch(r"[0-9]{9}[0-9X]", code):
        raise BadCode(f"{isbn10!r} is not the number of a book")
    body, check = code[:9], 10 if code[-1] == "X" else int(code[-1])
    if (check + sum((10 - place) * int(digit) for place, digit in enumerate(body))) % 11 != 0:
        raise BadCode(f"{isbn10!r} has a wrong check digit")
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(BOOK_PREFIX + body))
    return f"{BOOK_PREFIX}{body}{-total % 10}"


def iban_check(country: str, account: str) -> str:
    """Return the two check digits of an account: 98 less the remainder by 97 of account, country and 00 as a number.

    In that number each letter counts as two digits, from 10 for A to 35 for Z.
    """
    number = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    return f"{98 - int(number) % 97:02d}"


def is_iban(text: str) -> bool:
    """Tell whether a text is a bank account of a known country, with the length and check digits it should have.

    Blanks are ignored, and so is the difference between small and capital letters.
    """
    code = text.replace(" ", "").upper()
    country, check, account = code[:2], code[2:4], code[4:]
    if len(code) != IBAN_LENGTHS.get(country) or not re.fullmatch(r"[A-Z0-9]+", account):
        return False
    return iban_check(country, account) == check
