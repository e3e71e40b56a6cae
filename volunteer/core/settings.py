"""What the environment decides, read once and checked; `.env.example` explains each key."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
INSTANCE = ROOT / "instance"
DEMO_FILE = INSTANCE / "demo.env"

KEYS = (
    "SECRET_KEY",
    "DATABASE_URL",
    "BASE_URL",
    "CITY_NAME",
    "TOKEN_KEYS",
    "HOST",
    "PORT",
    "WORKERS",
    "PROXIES",
    "TRUSTED_HOSTS",
    "MAX_UPLOAD_MB",
    "DEMO",
)


HOST_NAME = re.compile(r"[A-Za-z0-9._:-]+")
#: A leading dot trusts every host below.
TRUSTED_HOST = re.compile(r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:\d+)?")


class SettingsError(Exception):
    """A setting is missing or wrong; the text is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked settings; `token_keys` maps a key number to its secret, newest last."""

    secret_key: str
    database_url: str
    base_url: str
    city_name: str
    token_keys: Mapping[int, bytes]
    host: str
    port: int
    workers: int
    proxies: int
    trusted_hosts: tuple[str, ...]
    max_upload_mb: int
    demo: bool


def read(environment: Mapping[str, str]) -> Settings:
    """Check the settings in `environment`; raises SettingsError at the first wrong one."""
    given = {key: environment[key].strip() for key in KEYS if environment.get(key)}
    secret_key = given.get("SECRET_KEY", "")
    if not secret_key:
        raise SettingsError(
            "缺少 SECRET_KEY：请在环境变量中设置（见 .env.example），"
            "或运行 python app.py 试用演示城市。"
        )
    if len(secret_key) < 16:
        raise SettingsError("SECRET_KEY 太短：请换成至少 16 个随机字符。")
    base_url, host_name = _base_url(given.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"))
    city_name = given.get("CITY_NAME", "建德市")
    if len(city_name) > 40 or not city_name.isprintable():
        raise SettingsError("CITY_NAME 应为一行、不超过 40 个字的名称，请改正。")
    host = given.get("HOST", "127.0.0.1")
    if not HOST_NAME.fullmatch(host):
        raise SettingsError(f"HOST 不是主机名或 IP 地址：{host}，请改正。")
    hosts = given.get("TRUSTED_HOSTS")
    trusted = tuple(h.strip() for h in hosts.split(",") if h.strip()) if hosts else ()
    if hosts and not (trusted and all(TRUSTED_HOST.fullmatch(name) for name in trusted)):
        raise SettingsError("TRUSTED_HOSTS 应为用逗号分隔的主机名，不带 https://，请改正。")
    return Settings(
        secret_key=secret_key,
        database_url=_database_url(given.get("DATABASE_URL", "sqlite:///volunteer.db")),
        base_url=base_url,
        city_name=city_name,
        token_keys=_token_keys(given.get("TOKEN_KEYS"), secret_key),
        host=host,
        port=_number(given, "PORT", 8000, 0, 65535),
        workers=_number(given, "WORKERS", 2, 1, 64),
        proxies=_number(given, "PROXIES", 0, 0, 5),
        trusted_hosts=trusted or (host_name, "127.0.0.1", "localhost"),
        max_upload_mb=_number(given, "MAX_UPLOAD_MB", 10, 1, 200),
        demo=_switch(given, "DEMO"),
    )


def _base_url(text: str) -> tuple[str, str]:
    """Return the checked address and the host's name in it."""
    try:
        parts = urlsplit(text)
        named = parts.hostname if parts.port != 0 else None
    except ValueError:  # brackets or a port that are none
        named = None
    if not named or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise SettingsError(f"BASE_URL 不是网址：{text}，请写成 https://主机名 的形式。")
    return text, named


def _number(given: Mapping[str, str], key: str, default: int, low: int, high: int) -> int:
    text = given.get(key, str(default))
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingsError(f"{key} 应为 {low} 到 {high} 之间的整数，现在是“{text}”，请改正。")
    return int(text)


def _switch(given: Mapping[str, str], key: str) -> bool:
    text = given.get(key, "false").lower()
    if text not in {"true", "false"}:
        raise SettingsError(f"{key} 应为 true 或 false，现在是“{text}”，请改正。")
    return text == "true"


def _database_url(text: str) -> str:
    """Return the address in the form SQLAlchemy wants; relative files lie in instance/."""
    if text.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + text.partition("://")[2]
    if text.startswith("postgresql+psycopg://"):
        return text
    if text.startswith("sqlite:///"):
        name = text.removeprefix("sqlite:///")
        if name and name != ":memory:":
            return f"sqlite:///{(INSTANCE / name).resolve()}"
    raise SettingsError(
        "DATABASE_URL 应以 sqlite:/// 加文件名或 postgresql:// 开头，请参照 .env.example 改正。"
    )


def _token_keys(text: str | None, secret_key: str) -> dict[int, bytes]:
    if text is None:
        derived = hmac.new(secret_key.encode(), b"printed codes, key 1", hashlib.sha256)
        return {1: derived.digest()}
    keys: dict[int, bytes] = {}
    for pair in text.split(","):
        number, _, secret = pair.strip().partition(":")
        if not (
            number.isascii() and number.isdigit() and 0 < int(number) < 16 and len(secret) >= 16
        ):
            raise SettingsError(
                "TOKEN_KEYS 应为“编号:密钥”，编号 1 到 15，密钥至少 16 个字符，用逗号分隔，请改正。"
            )
        keys[int(number)] = secret.encode()
    return keys


def demo_environment(*, create: bool) -> dict[str, str]:
    """Return the settings of the demo city, written to instance/demo.env where asked.

    Empty where the file is not there and `create` is off. A repeat changes nothing.
    """
    if not DEMO_FILE.exists():
        if not create:
            return {}
        INSTANCE.mkdir(exist_ok=True)
        lines = (
            f"SECRET_KEY={secrets.token_hex(32)}",
            "DATABASE_URL=sqlite:///demo.db",
            "DEMO=true",
        )
        DEMO_FILE.touch(mode=0o600)
        DEMO_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines_read = DEMO_FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines_read if "=" in line)
