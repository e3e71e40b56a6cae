"""Numbers in addresses: whoever writes one that no row can have gets no server error."""

from flask import Flask, request
from werkzeug.routing import IntegerConverter, Map

#: The largest id that a column of either engine holds.
LARGEST_ID = 2**31 - 1


class RowId(IntegerConverter):
    """A row's id in a path, `<id:reminder_id>`; a larger number is an unknown address."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=LARGEST_ID)


def number_asked(name: str) -> int | None:
    """Return a number of the query, within what a column holds; None where none is said."""
    number = request.args.get(name, type=int)
    return None if number is None else max(0, min(number, LARGEST_ID))


def init_app(app: Flask) -> None:
    app.url_map.converters["id"] = RowId
