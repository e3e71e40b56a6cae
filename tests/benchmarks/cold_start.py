"""From `python app.py` on an empty machine to the first healthy answer."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from volunteer.core.settings import KEYS

from .measure import Figure
from .server import ROOT, free_port

GOAL = 45
PATIENCE = 600
#: What a clone holds, and the browser files that the set-up has put there.
PARTS = ("app.py", "volunteer", "templates", "static", "migrations")


def measure(people: int, folder: Path) -> Figure:
    """Time one start from a copy of the program whose `instance` is empty; SQLite, as it comes."""
    home = folder / "cold"
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        home.mkdir(exist_ok=True)
        copy(ROOT / part, home / part)
    taken = _start(home)
    shutil.rmtree(home)
    return Figure("cold_start", "sqlite", people, taken, None, "s", GOAL)


def _start(home: Path) -> float:
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key not in KEYS}
    environment["PORT"] = str(port)
    with (home / "log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=home,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            while not _healthy(port):
                taken = time.perf_counter() - began
                if process.poll() is not None or taken > PATIENCE:
                    raise RuntimeError((home / "log").read_text()[-2000:])
                time.sleep(0.1)
            return time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
