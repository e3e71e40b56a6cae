"""Names, phones, days and categories: how they are read, stored and shown."""

import re
import unicodedata
from calendar import monthrange
from datetime import date, datetime, timedelta

from volunteer.units.rules import BLANK, INVISIBLE

from .pinyin import FAMILIES, INITIALS

LONGEST_NAME = 40
#: Any cell but the name.
LONGEST_CELL = 100

#: Those that a city starts with; the list itself is a table.
CATEGORIES = ("公务员", "事业编制", "国企职工", "社区(村)干部", "编外人员")

PHONE = re.compile(r"1[3-9][0-9]{9}")
#: What stands where the name of an erased person stood.
ERASED_NAME = "已注销"
#: The first day that a person may have joined a unit.
EARLIEST = date(1940, 1, 1)
#: How far ahead somebody's first day may lie.
AHEAD = timedelta(days=366)

_HAN = r"\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_PLAIN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_GAP_IN_HAN = re.compile(f"(?<=[{_HAN}·])\\s+(?=[{_HAN}·])")
_DOTS = re.compile("[•・‧∙⋅．･᛫]")
_NOT_IN_NAMES = re.compile(r"[\d<>{}|\\^`\"]")
_LEADING_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_DASHES = re.compile(r"[-‐‑‒–—―−﹘﹣－]*")
_PHONE_FILLING = re.compile(r"[\s\-‐‑‒–—―−()]+")
_WHOLE = re.compile(r"([0-9]+)\.0+")

_DAY_FORMS = (
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]0?0:00(?::00(?:\.0+)?)?)?"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
)
_SERIAL = re.compile(r"[0-9]{5}")

#: Family names of two characters one after another, for masking.
_FAMILIES = (
    "欧阳上官司马诸葛东方皇甫尉迟公孙慕容令狐司徒夏侯宇文长孙司空端木独孤南宫百里东郭"
    "呼延轩辕淳于单于太史申屠公羊澹台万俟闻人赫连钟离宗政濮阳鲜于闾丘太叔仲孙亓官司寇"
    "子车颛孙巫马公西漆雕乐正壤驷公良拓跋夹谷宰父谷梁段干西门第五梁丘左丘"
)
TWO_CHARACTER_FAMILIES = frozenset(_FAMILIES[at : at + 2] for at in range(0, len(_FAMILIES), 2))


class Wrong(ValueError):
    """What a cell holds is wrong; `code` is the row error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_missing(text: str) -> bool:
    """Tell whether a cell says nothing: blanks or dashes alone.

    >>> [is_missing(t) for t in ("", " \\u3000", "-", "——", "0")]
    [True, True, True, True, False]
    """
    return _DASHES.fullmatch(BLANK.sub("", INVISIBLE.sub("", text))) is not None


def normalise_name(text: str) -> str:
    """Return a person's name as it is stored; raises Wrong.

    Blanks and invisible marks go, inside a Han name too; of a Latin name single blanks
    stay. The variants of the dot become "·"; rare characters stay as they are.

    >>> normalise_name("\\u3000王\\u3000强 "), normalise_name("阿依古丽•买买提")
    ('王强', '阿依古丽·买买提')
    >>> normalise_name("Wang  Fang")
    'Wang Fang'
    """
    if _PLAIN_NAME.fullmatch(text):
        return text
    if is_missing(text):
        raise Wrong("missing_name")
    name = BLANK.sub(" ", INVISIBLE.sub("", text)).strip().removeprefix("'")
    name = _GAP_IN_HAN.sub("", _DOTS.sub("·", name))
    if (
        len(name) > LONGEST_NAME
        or name.startswith(_LEADING_SIGNS)
        or _NOT_IN_NAMES.search(name)
        or not name.isprintable()
    ):
        raise Wrong("invalid_name")
    return name


def normalise_phone(value: object) -> str:
    """Return a mobile number as 11 digits; raises Wrong.

    A number cell is taken as it is where it is whole. Blanks, dashes, brackets and +86
    go; two numbers in one cell are none.

    >>> normalise_phone("１９９ 0123-4567"), normalise_phone(19901234567.0)
    ('19901234567', '19901234567')
    >>> normalise_phone("+86 199-0123-4567"), normalise_phone("8619901234567")
    ('19901234567', '19901234567')
    """
    if isinstance(value, float | int) and not isinstance(value, bool):
        text = str(int(value)) if value == value and abs(value) < 2**53 else ""
        if not text or int(value) != value:
            raise Wrong("phone_format")
    else:
        text = str(value)
        if PHONE.fullmatch(text):
            return text
        if is_missing(text):
            raise Wrong("missing_phone")
        if len(text) > LONGEST_CELL:
            raise Wrong("too_long")
        text = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).strip().removeprefix("'")
        text = _PHONE_FILLING.sub("", text)
        if whole := _WHOLE.fullmatch(text):
            text = whole[1]
    for prefix in ("+86", "0086", "86"):
        if text.startswith(prefix) and len(text) == 11 + len(prefix):
            text = text.removeprefix(prefix)
    if not PHONE.fullmatch(text):
        raise Wrong("phone_format")
    return text


def parse_day(value: object, *, today: date) -> date | None:
    """Return the day that a cell names, None where it names none; raises Wrong.

    Read are days, the serials of spreadsheets, and the five forms of texts 2026-11-05,
    2026/11/5, 2026.11.5, 2026年11月5日 and 20261105. A day before 1940 or more than a
    year after `today` is a slip of the pen.

    >>> today = date(2026, 11, 23)
    >>> {parse_day(v, today=today) for v in ("2026-11-05", "2026.11.5", "20261105", 46331.0)}
    {datetime.date(2026, 11, 5)}
    """
    if isinstance(value, str):
        day = _day_of_text(value)
    elif isinstance(value, datetime):
        day = value.date()
    elif isinstance(value, date):
        day = value
    elif isinstance(value, float | int) and not isinstance(value, bool):
        day = _day_of_number(value)
    else:
        raise Wrong("invalid_date")
    if day and not EARLIEST <= day <= today + AHEAD:
        raise Wrong("invalid_date")
    return day


def _day_of_text(value: str) -> date | None:
    if is_missing(value):
        return None
    if len(value) > LONGEST_CELL:
        raise Wrong("too_long")
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", value)).strip().removeprefix("'")
    for form in _DAY_FORMS:
        if found := form.fullmatch(text) or form.fullmatch(BLANK.sub("", text)):
            try:
                return date(*map(int, found.groups()))
            except ValueError:
                raise Wrong("invalid_date") from None
    if _SERIAL.fullmatch(text):
        return _day_of_number(int(text))
    raise Wrong("invalid_date")


def _day_of_number(number: float) -> date:
    """Return the day of a spreadsheet's serial (1900 system), or of 20261105."""
    if 1 <= number < 100_000:
        return date(1899, 12, 30) + timedelta(days=int(number))
    if 19_000_101 <= number <= 21_991_231 and number == int(number):
        return _day_of_text(str(int(number))) or EARLIEST
    raise Wrong("invalid_date")


def mask_phone(phone: str | None) -> str:
    """Return a phone number as lists show it.

    >>> mask_phone("19901235678"), mask_phone(None)
    ('199****5678', '')
    """
    return f"{phone[:3]}****{phone[7:]}" if phone else ""


def mask_name(name: str) -> str:
    """Return a name as it is shown outside the person's own unit (R63).

    >>> mask_name("张三丰"), mask_name("欧阳修"), mask_name("阿依古丽·买买提"), mask_name("Wang")
    ('张*', '欧阳*', '阿*', 'W*')
    """
    kept = 2 if len(name) > 2 and name[:2] in TWO_CHARACTER_FAMILIES else 1
    return f"{name[:kept]}*"


def pinyin_key(name: str) -> str:
    """Return the first letters of a name's reading, by which people are searched for.

    Family names are read as family names are. What has no letter is left out.

    >>> [pinyin_key(name) for name in ("王强", "单雄信", "长孙无忌", "阿依古丽·买买提", "Wang F")]
    ['wq', 'sxx', 'zswj', 'ayglmmt', 'wangf']
    """
    letters = name.translate(INITIALS)
    family = FAMILIES.get(name[:2]) or FAMILIES.get(name[:1])
    return family + letters[len(family) :] if family else letters


def volunteer_number(number: int) -> str:
    """Return the number as it stands on papers.

    >>> volunteer_number(123)
    'V0000123'
    """
    return f"V{number:07d}"


#: What a short code is written with: nothing that looks like another, in no handwriting.
SHORT_ALPHABET = "23456789ACDEFGHJKMNPQRTVWXY"
SHORT_LENGTH = 8
#: So many bits of the public id are in it, and those that follow them are not.
SHORT_BITS, REST_BITS = 38, 26
#: What people read where there is only the other.
READ_AS = str.maketrans("BSZU", "852V")


def short_code(public_id: str) -> str:
    """Return the code of a card that a leader types where it cannot be scanned.

    It is the first 38 bits of the public id, so it needs no column and outlives every key.

    >>> short_code("0000000000000000"), short_code("fedcba9876543210")
    ('2222-2222', 'Y6CJ-FPE3')
    """
    number = int(public_id, 16) >> REST_BITS
    letters = []
    for _ in range(SHORT_LENGTH):
        number, digit = divmod(number, len(SHORT_ALPHABET))
        letters.append(SHORT_ALPHABET[digit])
    text = "".join(reversed(letters))
    return f"{text[:4]}-{text[4:]}"


def public_ids_of(typed: str) -> tuple[str, str] | None:
    """Return the first and the last public id that a short code may stand for; None: no code.

    Case, gaps and the width of letters do not matter, nor B for 8, S for 5, Z for 2, U for V.

    >>> public_ids_of(" y6cj fpe3 ")
    ('fedcba9874000000', 'fedcba9877ffffff')
    >>> public_ids_of("Y6CJFPE"), public_ids_of("Y6CJFPE0"), public_ids_of("YYYYYYYY")
    (None, None, None)
    """
    text = unicodedata.normalize("NFKC", typed).upper().translate(READ_AS)
    letters = [c for c in text if not (c.isspace() or c in "-‐‑–—_.")]
    if len(letters) != SHORT_LENGTH or not all(c in SHORT_ALPHABET for c in letters):
        return None
    number = 0
    for letter in letters:
        number = number * len(SHORT_ALPHABET) + SHORT_ALPHABET.index(letter)
    if number >= 1 << SHORT_BITS:
        return None
    first = number << REST_BITS
    return f"{first:016x}", f"{first + (1 << REST_BITS) - 1:016x}"


def search_kind(words: str) -> tuple[str, str]:
    """Return by what a person is looked for, and the words as they are compared.

    Four digits are the end of a phone number, eleven the whole of it, V and seven
    digits the volunteer number; anything else is a part of a name.

    >>> search_kind(" １９９ 0123 4567"), search_kind("4567"), search_kind("v0000123")
    (('phone', '19901234567'), ('tail', '4567'), ('number', 'V0000123'))
    >>> search_kind(" 王　强 "), search_kind("")
    (('name', '王强'), ('all', ''))
    """
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", words[:100])).strip()
    digits = _PHONE_FILLING.sub("", text)
    if digits.isascii() and digits.isdigit() and len(digits) in (4, 11):
        return ("tail" if len(digits) == 4 else "phone"), digits
    if re.fullmatch(r"[Vv][0-9]{7}", text):
        return "number", text.upper()
    name = _GAP_IN_HAN.sub("", _DOTS.sub("·", BLANK.sub(" ", text)))
    return ("name", name) if name else ("all", "")


def clean_file_name(name: str) -> str:
    """Return an uploaded file's name as it is shown: its last part, at most 80 characters.

    >>> clean_file_name("C:\\\\lists\\\\花名册\u202e.xlsx"), clean_file_name("../../x")
    ('花名册.xlsx', 'x')
    """
    last = re.split(r"[/\\]", INVISIBLE.sub("", name))[-1]
    shown = "".join(character for character in last if character.isprintable())
    return shown[:40] + shown[-40:] if len(shown) > 80 else shown or "?"


def months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it has none.

    >>> months_later(date(2026, 1, 31), 1), months_later(date(2026, 11, 23), 12)
    (datetime.date(2026, 2, 28), datetime.date(2027, 11, 23))
    """
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))
