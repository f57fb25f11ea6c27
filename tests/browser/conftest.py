"""A running Kaskad with servers of its own, a page of another site, and people who look at both in a real Chromium.

Every test makes its own workspace: the installation is shared by all of them.
"""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chromium import ARGUMENTS, find_chromium
from config.environment import ROOT
from config.house import House, choose_port
from config.local_places import APP_ROLE, OWNER_ROLE
from config.local_servers import LocalPostgres, LocalValkey
from lab.running import Lab, a_lab
from lab.visitor_site import Site

if TYPE_CHECKING:
    from workspaces.models import User

DATABASE = "kaskad_browser"
PICTURES = ROOT / "var" / "browser"

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def house_lab() -> Iterator[Lab]:
    """The lab that the running Kaskad knows: `house_lab.telegram.new_bot("Shop")`, `bot.phone(person)`."""
    with a_lab() as lab:
        yield lab


@pytest.fixture(scope="session")
def house(local_postgres: LocalPostgres, house_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole stack on a free port: web, worker, sender, beat, on a database and a Valkey of its own."""
    folder = tmp_path_factory.mktemp("house")
    valkey = LocalValkey(folder)
    valkey.start()
    local_postgres.create_database(DATABASE)
    port = choose_port("127.0.0.1", 0, setting="", chosen_by_user=True)
    environment = {
        "DATABASE_URL": local_postgres.place.url(APP_ROLE, DATABASE),
        "DATABASE_OWNER_URL": local_postgres.place.url(OWNER_ROLE, DATABASE),
        "REDIS_URL": valkey.url,
        "KASKAD_PORT": str(port),
        "KASKAD_BASE_URL": f"http://localhost:{port}",
        "KASKAD_VAR": str(folder),
        "KASKAD_MEDIA_ROOT": str(settings.MEDIA_ROOT),  # files that builders make are there for the house, too
        "KASKAD_LAB_URL": house_lab.url,
        "KASKAD_LOG_LEVEL": "info",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", "-v", "0"],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
    )
    with (folder / "log").open("w", buffering=1) as log:
        house = House(
            host="127.0.0.1",
            port=port,
            folder=folder / "run",
            environment=environment,
            say=lambda part, line: log.write(f"{part}: {line}\n") and None,
        )
        house.address = environment["KASKAD_BASE_URL"]
        try:
            house.start()
            try:
                house.await_health()
            except Exception as error:
                error.add_note((folder / "log").read_text()[-4000:])
                raise
            yield house
        finally:
            house.stop()
            valkey.stop()


@pytest.fixture(scope="session")
def visitor_site(house: House) -> Iterator[Site]:
    """A page of another origin that embeds the chat: `visitor_site.page(channel.key)` is its address."""
    site = Site("127.0.0.1", 0, kaskad=house.address)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site
    site.shutdown()
    site.server_close()


@pytest.fixture(autouse=True)
def _in_the_house_s_database(house: House, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let builders work in the database of the running Kaskad: what they make is committed, and stays."""
    with django_db_blocker.unblock(), _other_database(DATABASE):
        yield


@contextmanager
def _other_database(name: str) -> Iterator[None]:
    connection = connections["default"]
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = find_chromium()
    # Playwright keeps a loop in this thread; Django would take every query for one made inside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=15_000)  # as long as any other step may take on a busy machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open a page as somebody: `open_page(path, user, language="en", theme="dark", width=390)`.

    Each call is another person's browser. The test fails if a page meets an error of its own, a refused script or style
    included; a picture of every page of a failed test is put into `var/browser`.
    """
    opened: list[tuple[BrowserContext, Page]] = []
    faults: list[str] = []

    def open_it(
        path: str = "/",
        user: "User | None" = None,
        *,
        language: Literal["ru", "en"] = "ru",
        theme: Literal["light", "dark"] = "light",
        width: int = 1280,
        time_zone: str = "Europe/Moscow",
    ) -> Page:
        context = chromium.new_context(
            base_url=house.address,
            locale={"ru": "ru-RU", "en": "en-US"}[language],
            color_scheme=theme,
            viewport={"width": width, "height": 844 if width < 600 else 800},
            timezone_id=time_zone,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        if user is not None:
            _sign_in(context, user, house.address)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: faults.extend(_fault(page.url, message)))
        opened.append((context, page))
        page.goto(path)
        return page

    yield open_it
    failed = request.node.stash.get(_failed, False)
    for number, (context, page) in enumerate(opened):
        if failed and not page.is_closed():
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{re.sub(r'[^a-z0-9_]+', '-', request.node.name)}-{number}.png")
        context.close()
    assert failed or not faults, "\n".join(faults)


_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


def _fault(url: str, message: Any) -> list[str]:
    # A refused address is what some tests are about, and a cut socket what others are.
    expected = ("Failed to load resource", "WebSocket connection to")
    if message.type != "error" or message.text.startswith(expected):
        return []
    return [f"{url}: {message.text}"]


def _sign_in(context: BrowserContext, user: "User", address: str) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": address}])
