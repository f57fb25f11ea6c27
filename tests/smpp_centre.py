"""An SMS centre that others wrote: `smpp_centre.mjs` on Node. Tests tell it what to do, and wait for what it tells."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.install import find_node

SCRIPT = Path(__file__).with_name("smpp_centre.mjs")
PASSWORD = "secret"


class Centre:
    """A running centre. `port` is where it listens on this machine."""

    def __init__(self, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [str(find_node()), str(SCRIPT), PASSWORD, str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=SCRIPT.parent.parent,
        )  # fmt: skip
        self._orders = self._done = 0
        self._told: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = int(self.waits("listening")["port"])

    def does(self, order: str, **fields: Any) -> None:
        """Have it do something, and return when it has: `fault`, `deliver`, `receipt`, `drop`, `ask`."""
        self._orders += 1
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, "number": self._orders, **fields}) + "\n")
        self._process.stdin.flush()
        end = time.monotonic() + 15
        with self._news:
            while self._done < self._orders:
                assert self._news.wait(end - time.monotonic()), "the centre is silent"

    def told(self, event: str) -> list[dict[str, Any]]:
        """Return all that it has told of this kind by now."""
        self.does("nothing")
        with self._news:
            return [one for one in self._told if one["event"] == event]

    def waits(self, event: str, count: int = 1, seconds: float = 15) -> dict[str, Any]:
        """Wait until it has told so many of this kind, and return the last of them."""
        end = time.monotonic() + seconds
        with self._news:
            while True:
                found = [one for one in self._told if one["event"] == event]
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                assert left > 0, f"the centre told of {len(found)} {event}, not {count}: {self._told}"
                self._news.wait(left)

    def forgets(self) -> None:
        """Forget what it told, and have no sessions."""
        self.does("drop")
        with self._news:
            self._told.clear()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                told = json.loads(line)
                if told["event"] == "done":
                    self._done = told["number"]
                else:
                    self._told.append(told)
                self._news.notify_all()


@contextmanager
def a_centre(port: int = 0) -> Iterator[Centre]:
    """A centre for the time of a test."""
    centre = Centre(port)
    try:
        yield centre
    finally:
        centre.close()
