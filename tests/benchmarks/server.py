"""One gunicorn under measurement: two workers with threads, as a city would serve."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKERS = 2
THREADS = int(os.environ.get("BENCH_THREADS", "8"))
START_SECONDS = 60
#: Clock ticks a second, in which the kernel counts a process' time.
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running server; its log goes to `log`, its process id into a file beside it."""

    def __init__(self, application: str, environment: Mapping[str, str], log: Path) -> None:
        self.application = application
        self.environment = {**os.environ, **environment}
        self.log = log
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        command = [
            *(sys.executable, "-m", "gunicorn", self.application),
            *("--workers", str(WORKERS), "--worker-class", "gthread"),
            *("--threads", str(THREADS), "--keep-alive", "75"),
            *("--bind", f"127.0.0.1:{self.port}", "--log-level", "warning"),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while len(self.workers()) < WORKERS or not self._listens():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        master = self.process.pid if self.process else 0
        try:
            text = Path(f"/proc/{master}/task/{master}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in text.split()]

    def cpu_seconds(self) -> float:
        """Return the time that the workers have had on a processor so far."""
        total = 0
        for pid in self.workers():
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(facts[11]) + int(facts[12])
        return total / TICKS

    def kill(self) -> None:
        """Kill the master and all its workers at once, as a power switch would."""
        if self.process is not None:
            for pid in (self.process.pid, *self.workers()):
                kill(pid)
            self.process.wait()

    def stop(self) -> None:
        """End it and wait; a repeat does nothing."""
        if self.process is not None and self.process.poll() is None:
            workers = self.workers()
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                for pid in (self.process.pid, *workers):
                    kill(pid)
                self.process.wait()


def kill(pid: int) -> bool:
    """Send `kill -9` to one process; tell whether it was still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
