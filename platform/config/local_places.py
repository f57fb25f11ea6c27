"""Where the local PostgreSQL and Valkey keep their data and sockets, and so what their addresses are.

Settings read the addresses from here, `local_servers` starts the servers there: both must come to the same answer.
"""

import contextlib
import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

OWNER_ROLE = "kaskad_owner"
APP_ROLE = "kaskad_app"
DATABASE = "kaskad"
_LONGEST_SOCKET_FOLDER = 80  # bytes: with a socket's name on it, the path must stay under 104 (macOS) or 108 (Linux)


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """A PostgreSQL's folder, the folder of its socket, and the account that runs it (None: our own)."""

    folder: Path
    sockets: Path
    account: pwd.struct_passwd | None

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address of a database, as a role."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='/')}"


def postgres_place(var: Path) -> PostgresPlace:
    """Return where PostgreSQL lives for this `var` folder.

    PostgreSQL refuses to run as root; for root another account runs it, and where that account may not enter our
    folder (a closed home), the data lie outside.
    """
    folder = var.absolute() / "postgres"
    account = _account_for(folder / "data") if os.geteuid() == 0 else None
    if account is not None and not may_enter(folder.parent, account):
        folder = Path("/var/lib/kaskad") / _mark(folder)
    return PostgresPlace(folder, _socket_folder(folder), account)


def valkey_socket(var: Path) -> Path:
    """Return the path of Valkey's socket for this `var` folder."""
    return _socket_folder(var.absolute() / "valkey") / "valkey.sock"


def valkey_url(var: Path) -> str:
    """Return the address of Valkey for this `var` folder."""
    return f"unix://{valkey_socket(var)}"


def may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Say whether the account may go into the folder, or will when it is made."""
    existing = [path for path in (folder, *folder.parents) if path.exists()]
    return all(_permits(path, account, stat.S_IXUSR) for path in existing)


def may_read(file: Path, account: pwd.struct_passwd) -> bool:
    """Say whether the account may read the file."""
    return may_enter(file.parent, account) and _permits(file, account, stat.S_IRUSR)


def _account_for(data: Path) -> pwd.struct_passwd | None:
    """Return who owns the data already, or `nobody`, who is on every machine."""
    with contextlib.suppress(OSError, KeyError):
        if (owner := data.stat().st_uid) != 0:
            return pwd.getpwuid(owner)
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("nobody")
    return None


def _permits(path: Path, account: pwd.struct_passwd, wanted: int) -> bool:
    status = path.stat()
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & wanted)
    if status.st_gid == account.pw_gid:
        return bool(status.st_mode & (wanted >> 3))
    return bool(status.st_mode & (wanted >> 6))


def _socket_folder(folder: Path) -> Path:
    inside = folder / "run"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
        return inside
    return Path("/tmp") / f"kaskad-{os.geteuid()}-{_mark(folder)}"  # noqa: S108


def _mark(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
