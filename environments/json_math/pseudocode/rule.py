"""What the prompt says of the language."""

from __future__ import annotations

PROGRAM_RULE = """\
Pseudocode is text with one statement a line; blocks are indented with spaces and have no end lines or braces:
  x = e        a[i] = e        a, b = b, a        x += e (also -= *= //= %=)        swap a[i] and a[j]
  if c:        else if c:        else:        while c:        break        continue        return e
  for i = a to b: (b included)        for i = a downto b:        for i = a to b step k:        for each x in list:
  for each [l, r] in pairs:        x, y = pair (or [x, y] = pair)        function f(x, y):        append x to list
One simple statement may follow the colon of if, else, while and for in the same line. Assignment is =, <- or :=;
conditions compare with = or ==, != < <= > >= in, not in, are joined by and, or, not, and are never mere numbers.
Values: integers of any size, true, false, null, "text", lists [1, 2] and maps {} (m[key] = value, key in m). The first
index is 0; there is no index -1. a[i:j] has the elements from i to j - 1, [0] * n has n zeros, a + b joins lists.
Operators: + - * ^, div (or //) rounds down, a mod m (or %) is from 0 to m - 1, / must have an integer result.
Functions: len abs min max sum gcd lcm sqrt (rounded down) floor ceil sorted reversed sort reverse append pop insert
remove get keys copy count str int range; floor(a / b) is a div b. Lists are shared, not copied, by = and by calls.
A loop over a list goes on by index: it also takes what is appended to the list meanwhile.
A function's own variables are those it assigns; it sees the program's variables, too, and may change their elements.
The inputs have their values from the start. The result is what the program returns at the outermost level.
Names are ASCII letters, digits and _. A comment starts with #. A case may take 200,000 operations.
Every line must matter: without it, some allowed input would get another result or take more work in other lines.
Empty lines, lines with only a comment, lines that are never needed, lines that only undo one another and copies (y = x
where x could be used in its place) are padding, which is refused."""
