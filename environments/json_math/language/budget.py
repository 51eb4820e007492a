"""The work that one answer may cause, counted rather than timed, so that every machine gives the same verdict."""

from __future__ import annotations

from fractions import Fraction

from agentgym.environments.json_math.language.errors import CostError

MAX_BITS = 1 << 16
# About 80 units are worth a microsecond, whatever the operation; a whole budget lasts for about 0.2 s.
WORK = 16_000_000
STEP = 128


class Budget:
    """How much work the evaluation of one answer may still cause."""

    def __init__(self, work: int = WORK) -> None:
        """Start with `work` units: one for each bit handled, and `STEP` for each operation."""
        self.left = work

    def spend(self, work: int) -> None:
        """Pay for an operation.

        Raises:
            CostError: there is not so much left.
        """
        self.left -= work
        if self.left < 0:
            raise CostError("it takes too much arithmetic to evaluate")

    def paid(self, value: Fraction) -> Fraction:
        """Pay for the operation that made a number, and return the number.

        Raises:
            CostError: it is too long, or there is not so much left.
        """
        self.paid_pair(value.numerator, value.denominator)
        return value

    def paid_pair(self, numerator: int, denominator: int) -> tuple[int, int]:
        """Do the same for a fraction in two parts."""
        bits = numerator.bit_length() + denominator.bit_length()
        if bits > MAX_BITS:
            check_bits(bits)
        self.left -= STEP + bits
        if self.left < 0:
            self.spend(0)
        return numerator, denominator


def check_bits(bits: int) -> None:
    """Refuse numbers of more than `MAX_BITS` bits.

    Raises:
        CostError: this would be one.
    """
    if bits > MAX_BITS:
        raise CostError(f"it passes through a number of more than {MAX_BITS:,} bits")
