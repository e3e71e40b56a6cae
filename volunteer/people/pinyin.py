"""How a Chinese character is read: its first letter. A dictionary, no more."""

import os

# Read by the package as it is imported: its phrases would cost 40 MB and are of no use here.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")

from pypinyin import Style, pinyin  # noqa: E402

#: Family names that are read in another way than the character alone.
FAMILIES = {
    "曾": "z",
    "仇": "q",
    "单": "s",
    "解": "x",
    "查": "z",
    "翟": "z",
    "尉": "y",
    "万俟": "mq",
    "乐": "y",
    "区": "o",
    "朴": "p",
    "盖": "g",
    "缪": "m",
    "覃": "q",
    "冼": "x",
    "种": "c",
    "秘": "b",
    "长孙": "zs",
}


class Initials(dict[int, str]):
    """The first letter of each character's reading, by its number; looked up once each."""

    def __missing__(self, number: int) -> str:
        letter = self[number] = initial(chr(number))
        return letter


def initial(character: str) -> str:
    """Return the first letter of a character's reading, nothing for what is no letter.

    >>> [initial(character) for character in ("王", "䶮", "a", "·", "7")]
    ['w', 'y', 'a', '', '']
    """
    if character.isascii():
        return character.lower() if character.isalpha() else ""
    letter = pinyin(character, style=Style.FIRST_LETTER)[0][0][:1]
    return letter if letter.isascii() and letter.isalpha() else ""


INITIALS = Initials()
