"""Finds a Chromium for the browser tests, or fetches one: they are never skipped for want of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",  # root and many containers have none; only our own pages are opened
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoChromiumError(Exception):
    """There is none and none could be fetched."""


def find_chromium() -> str:
    """Return the path of a Chromium: the one that is named, the machine's, Playwright's, or one fetched now."""
    if named := os.environ.get("KASKAD_CHROMIUM"):
        if not Path(named).exists():
            raise NoChromiumError(f"KASKAD_CHROMIUM names {named}, and there is no such file.")
        return named
    found = on_path() or playwrights()
    if found:
        return found
    tries = [_run(sys.executable, "-m", "playwright", "install", "chromium")]
    if not playwrights() and os.geteuid() == 0 and shutil.which("apt-get"):
        tries.append(_run("apt-get", "update", "-q"))
        tries.append(_run("apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-dejavu-core"))
    found = playwrights() or on_path()
    if found:
        return found
    raise NoChromiumError(
        "The browser tests need Chromium, and it could not be fetched. Install it (Debian: `apt install chromium`; "
        "elsewhere `.venv/bin/playwright install --with-deps chromium`) or name one in KASKAD_CHROMIUM.\n"
        + "\n".join(tries)
    )


def on_path() -> str | None:
    """Return the machine's."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def playwrights() -> str | None:
    """Return the one that Playwright has fetched, if it can run here."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        return None
    ran = subprocess.run([path, "--version"], capture_output=True, check=False)  # it may lack the machine's libraries
    return path if ran.returncode == 0 else None


def _run(*command: str) -> str:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )  # fmt: skip
    return f"{' '.join(command)}: {done.stdout[-500:].strip()}"
