"""How units' names and codes are compared."""

import re
import unicodedata

#: Zero-width marks, soft hyphens and direction marks: seen by nobody, compared by no one.
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
BLANK = re.compile(r"\s+")

LONGEST_CODE = 20
LONGEST_NAME = 60


def name_key(name: str) -> str:
    """Return a name as it is compared: NFKC, without blanks and invisible marks.

    >>> name_key(" 艾溪（西湖）\u200b社区\u3000") == name_key("艾溪(西湖)社区")
    True
    """
    text = unicodedata.normalize("NFKC", name)
    return BLANK.sub("", INVISIBLE.sub("", text))


def clean_name(name: str) -> str:
    """Return a name as it is stored: trimmed, runs of blanks as one, nothing invisible.

    >>> clean_name("\\u3000艾溪（西湖）社区 ")
    '艾溪（西湖）社区'
    """
    return BLANK.sub(" ", INVISIBLE.sub("", name)).strip()
