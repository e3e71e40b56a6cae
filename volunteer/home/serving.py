"""`python app.py`: sets up what is missing, then serves, with the scheduler beside it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from types import FrameType
from urllib.error import HTTPError
from urllib.request import urlopen

import click
import flask_migrate
from flask import Flask
from flask_babel import gettext

from volunteer.attendance import queries as attendance
from volunteer.core import assets, clock, i18n, settings, startup
from volunteer.core.db import db
from volunteer.core.settings import Settings, SettingsError

from . import demo

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SCHEDULER = (sys.executable, "-m", "flask", "--app", "app", "jobs", "run")
DEMO_CITY = (sys.executable, "-m", "flask", "--app", "app", "demo")
ENDS = (signal.SIGTERM, signal.SIGINT)
THREADS = 8
#: Seconds between two starts of a scheduler that dies.
PATIENCE = 5
#: Seconds that a child gets to finish what it is at.
FAREWELL = 15
#: Seconds after which any answer of the health page will do.
SETTLED = 20


def main(create_app: Callable[[], Flask]) -> int:
    """Serve what `create_app` builds until stopped; return the exit code.

    On a machine without SECRET_KEY this is the demo city: its settings, its tables and
    its people are made where they are missing. With one, nothing is made or changed,
    and a database that is not ready is refused.
    """
    for each in ENDS:
        signal.signal(each, _give_up)
    try:
        city = _settle()
        assets.install(click.echo)
        app = create_app()
        if city.demo:
            _make_ready(app)
    except (SettingsError, assets.AssetsError) as error:
        click.echo(str(error), err=True)
        return 2
    startup.exit_unless_ready(app)
    hints = _invite(app) if city.demo else ()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return Servants(app, city).serve(hints)


def _give_up(number: int, frame: FrameType | None) -> None:
    """End before anything is served; what is being made is given up with it."""
    sys.exit(128 + number)


def _settle() -> Settings:
    """Read the settings; what is found out here is handed to the children by the environment."""
    given = dict(os.environ)
    if not given.get("SECRET_KEY"):
        given = {**settings.demo_environment(create=True), **given}
    city = settings.read(given)
    if city.demo and city.host not in LOOPBACK:
        raise SettingsError(
            "演示城市的密码人人知道，只能在本机打开：请去掉 HOST，或设置 DEMO=false。"
        )
    if city.port == 0:
        os.environ["PORT"] = str(_free_port(city.host))
    if city.demo and not given.get("BASE_URL"):
        os.environ["BASE_URL"] = f"http://{city.host}:{os.environ.get('PORT', city.port)}"
    return settings.read({**given, **os.environ})


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as server:
        return int(server.getsockname()[1])


def _make_ready(app: Flask) -> None:
    """Bring the demo database to the newest migration, and people into it where it is empty."""
    with app.app_context():
        revision, wanted = startup.revisions()
        db.session.remove()
        if revision != wanted:
            flask_migrate.upgrade()
        empty = demo.is_empty()
        db.session.remove()
        db.engine.dispose()
    if empty:  # in a process of its own: it needs ten times the memory of serving
        done = subprocess.run(DEMO_CITY, cwd=settings.ROOT, stdout=subprocess.DEVNULL)
        if done.returncode:
            raise SettingsError("演示城市没有建成：原因见上，请改正后重新运行 python app.py。")


def _invite(app: Flask) -> Sequence[str]:
    """Prepare the shift to try check-in at; return what to try, line by line."""
    with app.app_context():
        shift = demo.prepare(now=clock.now())
        lines = [
            gettext("Log in with one of these, password %(password)s:", password=demo.PASSWORD)
        ]
        for each in demo.LOG_INS:
            lines.append(f"  {each.phone}  {gettext(each.role)}：{gettext(each.advice)}")
        if shift is not None:
            city = app.extensions["settings"]
            begins = gettext(
                "%(shift)s begins at %(starts)s. As %(phone)s, open the address of its poster:",
                shift=shift.title,
                starts=i18n.local_time(shift.starts_at),
                phone=demo.VOLUNTEER,
            )
            url = attendance.site_url(shift.site, base_url=city.base_url, keys=city.token_keys)
            lines += [begins, f"  {url}"]
        lines.append(gettext("Press Ctrl+C to stop."))
        return lines


class Servants:
    """The web server and the scheduler, each a process of its own."""

    def __init__(self, app: Flask, city: Settings) -> None:
        host = f"[{city.host}]" if ":" in city.host else city.host
        self._url = f"http://{host}:{city.port}"
        self._web = (
            *(sys.executable, "-m", "gunicorn"),
            *("--bind", f"{host}:{city.port}"),
            *("--worker-class", "gthread"),
            *("--workers", str(startup.workers(app))),
            *("--threads", str(THREADS)),
            *("--graceful-timeout", "10"),
            *("--limit-request-line", "4094"),
            *("--limit-request-fields", "64"),
            *("--limit-request-field_size", "8190"),
            *("--log-level", "warning"),
            "--no-control-socket",
            "app:app",
        )
        self._stopping = False

    def serve(self, hints: Sequence[str]) -> int:
        """Run both until a signal comes or the web server ends; return the exit code."""
        for each in ENDS:
            signal.signal(each, self._stop)
        web = _start(self._web)
        scheduler, started = _start(SCHEDULER), time.monotonic()
        announced = False
        begun = started
        try:
            while not self._stopping:
                if (code := web.poll()) is not None:
                    return code if code >= 0 else 128 - code
                if scheduler.poll() is not None and time.monotonic() - started >= PATIENCE:
                    scheduler, started = _start(SCHEDULER), time.monotonic()
                if not announced and self._answers(time.monotonic() - begun):
                    announced = True
                    click.echo("\n".join([f"serving {self._url}", *hints]))
                time.sleep(0.2)
            return 0
        finally:
            _end(scheduler, web)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _answers(self, waited: float) -> bool:
        """Tell whether the health page answers, and well unless that takes too long."""
        try:
            with urlopen(f"{self._url}/healthz", timeout=2):
                return True
        except HTTPError:
            return waited > SETTLED
        except (OSError, HTTPException):
            return False


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a child out of reach of the terminal's Ctrl+C, which is for the parent to hand on."""
    return subprocess.Popen(command, cwd=settings.ROOT, start_new_session=True)


def _end(*children: subprocess.Popen[bytes]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
