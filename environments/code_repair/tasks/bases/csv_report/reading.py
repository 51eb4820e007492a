"""Reading of tables in text with separators."""

QUOTE = '"'
LINE_END = "\n"


class TableError(ValueError):
    """A table cannot be read, or lacks what is asked for."""


def read_table(text: str, separator: str = ",") -> list[dict[str, str]]:
    """Return the records of a table, whose first line has the names of the columns.

    Fields may be in quotes and then hold separators, line ends, and quotes written twice. Other fields are stripped.
    Lines without anything are left out.

    Raises:
        TableError: there is no header, it has a name twice, a record has more or fewer fields, or a quoted field does
            not end or is followed by something else than white space.
    """
    header, *records = split_records(text, separator) or [[]]
    if not header or len(set(header)) < len(header):
        raise TableError("no header, or a name twice")
    for number, record in enumerate(records, start=1):
        if len(record) != len(header):
            raise TableError(f"record {number} has {len(record)} fields")
    return [dict(zip(header, record, strict=True)) for record in records]


def split_records(text: str, separator: str) -> list[list[str]]:
    """Return the fields of all records."""
    records: list[list[str]] = []
    fields: list[str] = []
    position = 0
    while position < len(text):
        field, position = read_field(text, position, separator)
        fields.append(field)
        if not text.startswith(separator, position):
            records.append(fields)
            fields = []
        elif position + 1 == len(text):
            records.append([*fields, ""])
        position += 1
    return [record for record in records if record != [""]]


def read_field(text: str, start: int, separator: str) -> tuple[str, int]:
    """Return the field that begins here, and the position of the separator or line end behind it."""
    position = start
    quoted = text[start:].lstrip(" ").startswith(QUOTE)
    content = ""
    if quoted:
        position = text.index(QUOTE, start) + 1
        while not text.startswith(QUOTE, position) or text.startswith(QUOTE * 2, position):
            if position >= len(text):
                raise TableError("a quoted field does not end")
            content += text[position]
            position += 2 if text[position] == QUOTE else 1
        position += 1
    rest = position
    while position < len(text) and text[position] not in (separator, LINE_END):
        position += 1
    if quoted and text[rest:position].strip():
        raise TableError("something behind a quoted field")
    return content if quoted else text[rest:position].strip(), position
