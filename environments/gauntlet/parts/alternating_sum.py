"""Part A: an alternating binomial sum over squared reciprocals, in closed form, exactly, and with a proof.

With B(n) = (c-1)! n! / (n+c)!, the sum over k of (-1)^k C(n,k) a / (k+c)^2 is a B(n) (H(n+c) - H(c-1)): the Beta
integral of x^(c-1) (1-x)^n, differentiated by its first exponent. Hence (n+c) S(n) - n S(n-1) = a B(n).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial

from agentgym.environments.gauntlet.proof import proof
from agentgym.environments.json_math.constraints import constraint
from agentgym.environments.json_math.language.functions import harmonic
from agentgym.environments.json_math.problem import Part, Problem, closed_form, fraction

MAX_FRACTION = 4_000


@dataclass(frozen=True)
class AlternatingSum:
    """S(n) = sum over k from 0 to n of (-1)^k C(n,k) weight / (k + shift)^2.

    Attributes:
        weight: the numerator.
        shift: what is added to k.
        late: the n of the exact value.
        early: the n of the integral.
        proof_lines: the most lines of the proof; 0 if none is asked for.
    """

    weight: int
    shift: int
    late: int
    early: int
    proof_lines: int

    def beta(self, n: int) -> Fraction:
        """Return the integral of x^(shift-1) (1-x)^n over 0 < x < 1."""
        return Fraction(factorial(self.shift - 1) * factorial(n), factorial(n + self.shift))

    def value(self, n: int) -> Fraction:
        """Return S(n)."""
        return self.weight * self.beta(n) * (harmonic(n + self.shift) - harmonic(self.shift - 1))

    def problem(self, rng: random.Random) -> Problem:
        """Return the problem; nothing in it is drawn."""
        weight, shift, beta = self.weight, self.shift, self._beta_text()
        statement = (
            "For n >= 0 let S(n) be the sum over k from 0 to n of\n"
            f"(-1)^k * C(n,k){f' * {weight}' if weight > 1 else ''} / (k + {shift})^2\n"
            "where C(n,k) is the binomial coefficient."
        )
        integrand = f"{_power_of_x(shift - 1)}(1 - x)^{self.early} * (-ln(x))"
        step = closed_form(
            "step",
            f"r(n) = (n + {shift}) * S(n) - n * S(n-1) for every n >= 1, without a sum",
            f"{weight}*{beta}",
            first_n=1,
        )
        return Problem(
            statement,
            [
                *([self._proof()] if self.proof_lines else []),
                closed_form(
                    "closed_form",
                    "S(n) for every n >= 0, without a sum",
                    f"{weight}*{beta}*(H(n + {shift}) - H({shift - 1}))",
                ),
                fraction("value", f"S({self.late})", self.value(self.late), max_length=MAX_FRACTION),
                fraction("base", "S(0)", self.value(0), is_reason=True),
                replace(step, is_reason=True),
                fraction(
                    "integral",
                    f"the integral of {integrand} over x from 0 to 1",
                    self.value(self.early) / weight,
                    is_reason=True,
                ),
            ],
        )

    def _proof(self) -> Part:
        weight, shift = self.weight, self.shift
        closed = f"S(m) = {weight} B(m) (H(m + {shift}) - H({shift - 1}))"
        lines = (
            f"Write B(m) for {self._beta_text()} at n = m, which is the integral of x^{shift - 1} (1-x)^m from 0 to 1.",
            f"The integral of x^(k+{shift - 1}) (-ln x) is 1/(k+{shift})^2, hence by the binomial theorem S(m) is",
            f"{weight} times the integral of x^{shift - 1} (1-x)^m (-ln x), and integration by parts gives",
            f"(m + {shift}) S(m) = m S(m-1) + {weight} B(m) for every m >= 1, while (m + {shift}) B(m) = m B(m-1).",
            f"At m = 0 the claim {closed} reads S(0) = {weight}/{shift}^2, which holds.",
            "If it holds for m - 1, both equations together give it for m, so by induction for all m.",
        )
        rules = [constraint("lines", at_most=self.proof_lines), constraint("line_characters", at_most=200)]
        return proof("proof", "a proof of your closed form, in words and formulas", "\n".join(lines), rules)

    def _beta_text(self) -> str:
        return f"factorial({self.shift - 1})*n!/factorial(n + {self.shift})"


def _power_of_x(exponent: int) -> str:
    """Return a power of x as a factor that stands before others."""
    return "" if exponent == 0 else "x * " if exponent == 1 else f"x^{exponent} * "


V1 = AlternatingSum(weight=1, shift=1, late=2_026, early=7, proof_lines=7)


def draw(rng: random.Random, *, small: bool) -> AlternatingSum:
    """Draw a sum."""
    return AlternatingSum(
        weight=rng.randint(2, 30),
        shift=rng.randint(2, 3 if small else 6),
        late=rng.randint(8, 20) if small else rng.randint(500, 2_400),
        early=rng.randint(2, 4) if small else rng.randint(4, 12),
        proof_lines=0 if small else rng.choice([6, 8, 9]),
    )
