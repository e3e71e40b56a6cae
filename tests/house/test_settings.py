"""Every setting is explained, and a wrong one is refused in one sentence."""

import re

import pytest

from tests.house.sources import ROOT
from volunteer.core import settings
from volunteer.core.settings import SettingsError

GOOD = {"SECRET_KEY": "0123456789abcdef"}
WRONG = {
    "SECRET_KEY": ["", "short"],
    "DATABASE_URL": ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "volunteer.db"],
    "BASE_URL": [
        "volunteer.example.org",
        "ftp://x",
        "https://",
        "https://x/?a=b",
        "https://x:port",
        "http://[",
    ],
    "CITY_NAME": ["市" * 41, "建德\n市"],
    "TOKEN_KEYS": ["secret", "1:short", "0:0123456789abcdef", "16:0123456789abcdef", "1:a,,"],
    "HOST": ["not a host", "http://127.0.0.1"],
    "PORT": ["http", "-1", "65536", "８０００"],
    "WORKERS": ["0", "65", "two"],
    "PROXIES": ["-1", "6", "yes"],
    "TRUSTED_HOSTS": [",", "https://volunteer.example.org", "a b"],
    "MAX_UPLOAD_MB": ["0", "201", "10MB"],
    "DEMO": ["yes", "1"],
}


def explained() -> dict[str, str]:
    """Return the keys of .env.example, each with the comment above its group."""
    found, comment = {}, ""
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment += line
        elif match := re.match(r"([A-Z_]+)=", line):
            found[match[1]] = comment
        else:
            comment = ""
    return found


def test_every_setting_is_explained_and_nothing_else():
    assert set(explained()) == set(settings.KEYS)
    assert all(len(comment) > 20 for comment in explained().values())


def test_the_example_itself_is_right_but_for_the_secret():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    assert settings.read({**example, **GOOD}).city_name == "建德市"


def test_a_wrong_value_of_every_setting_is_known():
    assert set(WRONG) == set(settings.KEYS)


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in WRONG.items() for value in values]
)
def test_a_wrong_setting_is_refused_in_one_sentence(key, value):
    with pytest.raises(SettingsError) as refused:
        settings.read({**GOOD, key: value})
    sentence = str(refused.value)
    assert key in sentence
    assert sentence.endswith("。")
    assert "\n" not in sentence


def test_defaults_are_enough_with_a_secret():
    read = settings.read(GOOD)
    assert read.database_url.startswith("sqlite:////")
    assert (read.host, read.port, read.workers, read.demo) == ("127.0.0.1", 8000, 2, False)
