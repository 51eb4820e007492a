"""Random calls for `check_digits`."""

import random

from agentgym.environments.code_repair.tasks.call import Call

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LENGTHS = {"BE": 16, "DE": 22, "NL": 18, "NO": 15, "XX": 16}


def random_digits(rng: random.Random, count: int) -> str:
    """Return so many digits."""
    return "".join(rng.choices("0123456789", k=count))


def random_book(rng: random.Random) -> str:
    """Return an old book number with its check digit, now and then with a wrong one or without."""
    body = random_digits(rng, 9)
    check = -sum((10 - place) * int(digit) for place, digit in enumerate(body)) % 11
    if rng.random() < 0.15:
        check = rng.randint(0, 10)
    last = rng.choice("xX") if check == 10 else str(check)
    text = rng.choice([f"{body}{last}", f"{body[0]}-{body[1:5]}-{body[5:]}-{last}", f"{body[:4]} {body[4:]} {last}"])
    return rng.choice(["", body, text + "0", "X" + text[1:]]) if rng.random() < 0.1 else text


def random_account(rng: random.Random, country: str) -> str:
    """Return what stands behind a country's check digits."""
    length = LENGTHS[country] - 4
    letters = "".join(rng.choices(CAPITALS, k=rng.choice([0, 0, 2, 4])))
    return letters + random_digits(rng, length - len(letters))


def random_iban(rng: random.Random) -> str:
    """Return a bank account; every third is wrong."""
    country = rng.choice(["BE", "DE", "NL", "NO", "NO", "XX"])
    account = random_account(rng, country)
    number = "".join(str(int(character, 36)) for character in account + country + "00")
    check = 98 - int(number) % 97
    if rng.random() < 0.2:
        check = rng.choice([check - 97, check + 1, check + 97]) % 100
    text = f"{country}{check:02d}{account}"
    if rng.random() < 0.15:
        text = rng.choice([text[:-1], text + "0", text[:-1] + "-", ""])
    return rng.choice([text, text.lower(), " ".join(text[place : place + 4] for place in range(0, len(text), 4))])


def random_call(rng: random.Random) -> Call:
    """Return a call of one of the four functions; one card number in twelve is none."""
    kind = rng.randrange(4)
    if kind == 0:
        payload = random_digits(rng, rng.randint(1, 16))
        payload = rng.choice([payload, payload[:4] + " " + payload[4:]])
        return Call("check_digits.luhn_digit", [rng.choice(["", " ", "1x"]) if rng.random() < 0.08 else payload])
    if kind == 1:
        return Call("check_digits.isbn13", [random_book(rng)])
    if kind == 2:
        country = rng.choice(list(LENGTHS))
        return Call("check_digits.iban_check", [country, random_account(rng, country)])
    return Call("check_digits.is_iban", [random_iban(rng)])
