"""`kill -9`, again and again, while a server is at work."""

import random
import threading
import time

from tests.benchmarks.server import Server, kill

#: Every so manieth blow takes the master with all its workers.
MASTER_EVERY = 5


class Killer:
    """Kills a worker at every beat, and every fifth time the whole server, which is restarted.

    A blow falls only on a server that has answered since the last one: on a machine where
    it takes longer than a beat to start, nothing would ever be interrupted otherwise.
    After `most` kills it rests.
    """

    def __init__(
        self, server: Server, *, every: float, seed: int = 1, most: int | None = None
    ) -> None:
        self.server = server
        self.every = every
        self.most = most
        self.kills = 0
        self._dice = random.Random(seed)
        self._answered = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._failure: Exception | None = None

    def answered(self) -> None:
        """Tell that somebody has just been answered."""
        self._answered.set()

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._answered.set()
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            while self.kills != self.most and not self._stopping.wait(self.every):
                self._answered.wait()
                if not self._stopping.is_set():
                    self._strike()
                    self._answered.clear()
        except Exception as error:
            self._failure = error

    def _strike(self) -> None:
        workers = self.server.workers()
        if (self.kills + 1) % MASTER_EVERY == 0:
            self.server.kill()
            self.kills += 1
            time.sleep(0.05)
            self.server.start()
        elif workers and kill(self._dice.choice(workers)):
            self.kills += 1
