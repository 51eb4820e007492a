"""How large the pictures of a comparison are: three beside one another, and readable alone on a phone."""

INCHES = (4.2, 2.8)
