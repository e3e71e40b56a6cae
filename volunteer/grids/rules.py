"""How a list of units that somebody has typed is taken apart."""

import re

BETWEEN = re.compile(r"[、，,;；\n]+")


def names_in(text: str) -> list[str]:
    """Return the names in a text, each once.

    >>> names_in("市教育局、梅城镇; 市教育局，")
    ['市教育局', '梅城镇']
    """
    return list(dict.fromkeys(filter(None, (each.strip() for each in BETWEEN.split(text)))))
