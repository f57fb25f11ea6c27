"""What the lab remembers from one start to the next: bots and people, in a small file, if it is given one."""

import asyncio
import json
from pathlib import Path
from typing import Any, Protocol

from lab.ground import Ground
from lab.people import People


class _Whole(Protocol):
    ground: Ground

    @property
    def platforms(self) -> dict[str, Any]: ...

    @property
    def people(self) -> People: ...


class Keeper:
    """Writes the file soon after something has changed."""

    PAUSE = 0.5

    def __init__(self, lab: _Whole, file: Path | None) -> None:
        self._lab, self._file = lab, file
        self._due: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Remember, and keep from now on."""
        if self._file is None:
            return
        if self._file.exists():
            known = json.loads(self._file.read_text(encoding="utf-8"))
            self._lab.people.restore(known["people"])
            for name, platform in self._lab.platforms.items():
                platform.restore(known.get(name, {}))
        self._lab.ground.changed = self._soon

    def end(self) -> None:
        """Write it for the last time."""
        if self._file is not None:
            self._write()

    def _soon(self) -> None:
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(self.PAUSE, self._write)

    def _write(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        assert self._file is not None
        self._file.parent.mkdir(parents=True, exist_ok=True)
        told = {"people": self._lab.people.kept()} | {
            name: platform.kept() for name, platform in self._lab.platforms.items()
        }
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        beside.chmod(0o600)
        beside.replace(self._file)
