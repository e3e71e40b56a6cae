"""The columns of a sheet of posts, and what its cells say; both ways, and pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time

from .rules import EVERY_DAY, WORKDAYS, Holidays, PlaceKind, Size, TurnBy, Window, weekdays_of
from .rules import month_day as day_of_year

#: What each column is called; the first name is the one that leaves with an export.
ALIASES = {
    "code": ("编码", "点位编码", "编号", "点位编号"),
    "name": ("名称", "点位名称", "点位", "岗位"),
    "place": ("类型", "点位类型", "地点类型"),
    "roads": ("路口", "道路", "路口道路"),
    "address": ("地址", "位置"),
    "corners": ("站位", "站岗位置"),
    "kit": ("装备", "携带装备"),
    "size": ("规模", "点位规模"),
    "wanted": ("需要人数", "人数", "每班人数"),
    "capacity": ("最多人数", "人数上限"),
    "units": ("责任单位", "单位", "包保单位"),
    "turn_by": ("轮换周期", "轮值周期", "轮换"),
    "turns_from": ("轮换起始", "轮值起始"),
    "keeper": ("管理单位",),
    "windows": ("时段", "上岗时段", "执勤时段"),
    "holidays": ("节假日", "假日"),
    "needs_training": ("岗前培训", "须培训"),
    "first_on": ("起始日期", "开始日期"),
    "last_on": ("结束日期", "截止日期"),
}
MEANING = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
NEEDED = ("code", "name", "units", "windows")
#: Width of each column in an export, in characters.
WIDTHS = {"name": 20, "units": 30, "windows": 44, "corners": 20, "kit": 26, "roads": 20}

PLACE_WORDS = {
    "路口": PlaceKind.CROSSING,
    "校门口": PlaceKind.SCHOOL,
    "市场": PlaceKind.MARKET,
    "公交站": PlaceKind.STOP,
    "其他": PlaceKind.OTHER,
    "学校": PlaceKind.SCHOOL,
    "农贸市场": PlaceKind.MARKET,
    "站点": PlaceKind.STOP,
}
SIZE_WORDS = {"小": Size.MINOR, "大": Size.MAJOR, "小点位": Size.MINOR, "大点位": Size.MAJOR}
TURN_WORDS = {
    "固定": None,
    "日": TurnBy.DAY,
    "周": TurnBy.WEEK,
    "月": TurnBy.MONTH,
    "天": TurnBy.DAY,
    "每日": TurnBy.DAY,
    "每天": TurnBy.DAY,
    "每周": TurnBy.WEEK,
    "每月": TurnBy.MONTH,
}
HOLIDAY_WORDS = {
    "放假不设岗": Holidays.SKIP,
    "放假不设岗，调休设岗": Holidays.MAKE_UP,
    "照常": Holidays.REGARDLESS,
}
YES_WORDS = {"是": True, "否": False, "需要": True, "不需要": False}

_OUTER = re.compile(r"[;；\n、,，](?![^(（]*[)）])")
_TIMES = re.compile(
    r"(?P<part>[^\d(（]*)"
    r"(?P<hour>\d{1,2})\s*[:：.点时]\s*(?P<minute>\d{2})?分?\s*[-—–~～至到]+\s*"
    r"(?P<part2>[^\d]*)(?P<hour2>\d{1,2})\s*[:：.点时]\s*(?P<minute2>\d{2})?分?\s*"
    r"(?P<more>.*)"
)
_SEASON = re.compile(r"(\d{1,2}[-./月]\d{1,2}日?)\s*[-—–~～至到]+\s*(\d{1,2}[-./月]\d{1,2}日?)")
_DAYS = "一二三四五六日"
_FROM_TO = re.compile(r"周([一二三四五六日天])[至到~～—-]周?([一二三四五六日天])")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def windows_of(text: str) -> list[Window]:
    """Read windows as people write them; raises ValueError.

    >>> morning, evening = windows_of("早7：30-9：00；晚 17:00～18:30（周一、周三，5.1至9.30）")
    >>> morning.starts, morning.ends, morning.weekdays, morning.season_from
    (datetime.time(7, 30), datetime.time(9, 0), 31, None)
    >>> evening.weekdays, evening.season_from, evening.season_until
    (5, '05-01', '09-30')
    >>> [each.starts.hour for each in windows_of("下午2:30-4:00，晚上7点-8点")]
    [14, 19]
    >>> windows_of("早上")
    Traceback (most recent call last):
    ValueError: no window: '早上'
    """
    return [_window(part.strip()) for part in _OUTER.split(text) if part.strip()]


def _window(text: str) -> Window:
    found = _TIMES.fullmatch(text)
    if found is None:
        raise ValueError(f"no window: {text!r}")
    afternoon = any(word in found["part"] for word in ("下午", "晚", "傍"))
    starts = _time(found["hour"], found["minute"], afternoon)
    ends = _time(found["hour2"], found["minute2"], afternoon or "下午" in found["part2"])
    said = found["more"].strip("()（） ") + found["part"]
    season = _SEASON.search(said)
    days = said.replace(season[0], "") if season else said
    months = (day_of_year(season[1]), day_of_year(season[2])) if season else (None, None)
    return Window(starts, ends, _weekdays(days), *months)


def _time(hour: str, minute: str | None, afternoon: bool) -> time:
    number = int(hour)
    return time(number + 12 if afternoon and number < 12 else number, int(minute or 0))


def _weekdays(text: str) -> int:
    if "每天" in text or "天天" in text:
        return EVERY_DAY
    if "工作日" in text:
        return WORKDAYS
    text = text.replace("星期", "周").replace("礼拜", "周")
    found = 0
    for first, last in _FROM_TO.findall(text):
        begin, end = (_DAYS.index(day.replace("天", "日")) for day in (first, last))
        found |= sum(1 << day for day in range(begin, end + 1))
    rest = _FROM_TO.sub("", text)
    for group in re.findall(r"周([一二三四五六日天]+)", rest):
        found |= sum({1 << _DAYS.index(day.replace("天", "日")) for day in group})
    if "周" in text and not found:
        raise ValueError(f"no weekdays: {text!r}")
    return found or WORKDAYS


def windows_text(windows: Iterable[Window]) -> str:
    """Write windows so that they can be read again.

    >>> text = "07:30-09:00；17:00-18:30（周一、周三 05-01至09-30）；08:00-10:00（每天）"
    >>> windows_text(windows_of(text)) == text
    True
    """
    return "；".join(map(_said, windows))


def _said(window: Window) -> str:
    days = weekdays_of(window.weekdays)
    parts = []
    if window.weekdays == EVERY_DAY:
        parts.append("每天")
    elif window.weekdays != WORKDAYS:
        parts.append("、".join(f"周{_DAYS[day]}" for day in days))
    if window.season_from:
        parts.append(f"{window.season_from}至{window.season_until}")
    more = f"（{' '.join(parts)}）" if parts else ""
    return f"{window.starts:%H:%M}-{window.ends:%H:%M}{more}"


def day_of(cell: object) -> date:
    """Read a day, as a date or as text; raises ValueError.

    >>> day_of("2026年11月3日"), day_of("2026/11/3") == day_of(date(2026, 11, 3))
    (datetime.date(2026, 11, 3), True)
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = _DAY.match(str(cell).strip())
    if found is None:
        raise ValueError(f"no day: {cell!r}")
    return date(int(found[1]), int(found[2]), int(found[3]))


def word_for(words: Mapping[str, object], value: object) -> str:
    """Return the first word that stands for a value.

    >>> word_for(TURN_WORDS, "week"), word_for(YES_WORDS, False)
    ('周', '否')
    """
    return next(word for word, meaning in words.items() if meaning == value)


def titles(columns: Sequence[str] = tuple(ALIASES)) -> list[str]:
    return [ALIASES[column][0] for column in columns]
