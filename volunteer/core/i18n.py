"""Chinese for people, English for programmers: msgids are English source text."""

from datetime import date, datetime

from flask import Flask, has_request_context, session
from flask_babel import Babel, format_date, get_locale, gettext

from .clock import LOCAL, local, local_day

LOCALE = "zh_Hans_CN"
LANGUAGES = {"zh": LOCALE, "en": "en"}


def N_(text: str) -> str:
    """Mark `text` for translation later, at the door."""
    return text


def say(text: str, facts: dict[str, object]) -> str:
    """Translate `text` and fill in `facts`; moments are told in local time."""
    spoken = {
        name: local_time(fact) if isinstance(fact, datetime) else fact
        for name, fact in facts.items()
    }
    return gettext(text, **spoken)


def language() -> str:
    """Return the locale to speak: the browser session's choice, else Chinese."""
    if has_request_context():
        return LANGUAGES.get(session.get("language", ""), LOCALE)
    return LOCALE


def local_time(moment: datetime) -> str:
    """Tell the time of day here, 24 hours: `14:05`."""
    return f"{local(moment):%H:%M}"


def local_day_text(day: date | datetime) -> str:
    """Tell a day with its weekday: `11月23日 星期一`."""
    here = local_day(day) if isinstance(day, datetime) else day
    return format_date(here, "M月d日 EEEE" if language() == LOCALE else "EEE d MMM")


def local_range(starts: datetime, ends: datetime) -> str:
    """Tell a stretch of time: `11月23日 星期一 14:00–16:00`, with the day of a later end."""
    end = local_time(ends)
    if local_day(starts) != local_day(ends):
        end = f"{local_day_text(ends)} {end}"
    return f"{local_day_text(starts)} {local_time(starts)}–{end}"


def month_text(month: object) -> str:
    """Tell a month: `2026年11月`."""
    year, number = str(month).split("-")
    return gettext("%(year)s-%(number)s", year=year, number=int(number))


def init_app(app: Flask) -> None:
    Babel(app, default_locale=LOCALE, default_timezone=LOCAL.key, locale_selector=language)
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.filters.update(
        local_time=local_time,
        local_day=local_day_text,
        local_range=local_range,
        month_text=month_text,
    )
