"""Every page in both languages, themes and widths: no serious finding, no refused script or style, no sideways scroll.

The list of pages comes from the resolver: a new page is looked at by existing. Pictures go to `build/screenshots`.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from bots.graph import Graph
from bots.models import Flow
from builders import a_channel, a_client, a_conversation, a_member, a_message, a_user, a_workspace
from config.environment import ROOT
from config.house import House
from messengers.models import Channel
from workspaces.addresses import Address, addresses
from workspaces.models import Invitation, Membership, User
from workspaces.roles import Role
from workspaces.scope import tenant

PICTURES = ROOT / "build" / "screenshots"
LOOKS = [
    pytest.param("light", 1280, "ru", True, id="light-wide-ru"),
    pytest.param("dark", 390, "en", True, id="dark-phone-en"),
    pytest.param("dark", 1280, "en", False, id="dark-wide-en"),
    pytest.param("light", 390, "ru", False, id="light-phone-ru"),
]
# A frame, and what htmx swaps in.
PARTS_OF_PAGES = (
    *("messengers:preview", "messengers:installation_check"),
    *("messengers:first_message_check", "messengers:webhook"),
)
NOT_THERE = "/no/such/page/"
_SERIOUS = ("serious", "critical")


@pytest.mark.parametrize(("theme", "width", "language", "examined"), LOOKS)
@pytest.mark.timeout(600)
def test_every_page_looks_right(
    chromium: Browser, house: House, theme: str, width: int, language: str, examined: bool
) -> None:
    shop = _shop()
    faults: list[str] = []
    for user, paths in ((shop["owner"], shop["pages"]), (None, shop["outside"])):
        with _page_of(chromium, house, user, theme, width, language) as page:
            _listen(page, faults)
            for path in paths:
                page.goto(path, wait_until="load")
                page.locator("main").first.wait_for()
                faults += _sideways(page)
                faults += _findings(page) if examined else []
                picture = PICTURES / f"{_name(path, shop)}-{theme}-{width}-{language}.png"
                page.screenshot(path=picture, full_page=True)
    assert not faults, "\n".join(faults)


@contextmanager
def _page_of(
    chromium: Browser, house: House, user: User | None, theme: str, width: int, language: str
) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=house.address,
        locale={"ru": "ru-RU", "en": "en-US"}[language],
        color_scheme=theme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 844 if width < 600 else 800},
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    cookies = [{"name": "django_language", "value": language, "url": house.address}]
    if user is not None:
        client = Client()
        client.force_login(user)
        cookies.append({"name": "sessionid", "value": client.cookies["sessionid"].value, "url": house.address})
    context.add_cookies(cookies)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def _listen(page: Page, faults: list[str]) -> None:
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", lambda message: faults.extend(_console(page, message)))


def _sideways(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{page.url}: {wide} px too wide"] if wide > 0 else []


def _findings(page: Page) -> list[str]:
    found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
    return [
        f"{page.url}: {finding['impact']} {finding['id']} at {finding['nodes'][0]['target']}: {finding['help']}"
        for finding in found
        if finding["impact"] in _SERIOUS
    ]


def _console(page: Page, message: Any) -> list[str]:
    missing_on_purpose = "404 (Not Found)" in message.text and page.url.endswith(NOT_THERE)
    return [f"{page.url}: {message.text}"] if message.type == "error" and not missing_on_purpose else []


def _name(address: str, shop: dict[str, Any]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", address.replace(f"/w/{shop['slug']}", "shop").lower()).strip("-") or "start"


def _shop() -> dict[str, Any]:
    owner = a_user(name="Olga Orlova", is_staff=True)
    shop = a_workspace(owner, name="Coffee shop")
    agent = a_member(shop, Role.AGENT)
    with tenant(shop):
        channel = a_channel()
        a_channel(state=Channel.State.BROKEN, broken_reason="Unauthorized")
        talk = a_conversation(channel, name="Anna Lee", waiting_since=timezone.now() - timedelta(minutes=20), unread=1)
        message = a_message(talk)
        flow = Flow.objects.create(name="Welcome", draft=Graph().model_dump(mode="json"))
        invitation = Invitation.objects.create(
            role=Role.AGENT, token_hash=shop.slug, invited_by=owner, expires_at=timezone.now() + timedelta(days=7)
        )
        known = {
            "workspace_slug": shop.slug,
            "channel_id": channel.pk,
            "conversation_id": talk.pk,
            "message_id": message.pk,
            "flow_id": flow.pk,
            "membership_id": Membership.objects.get(user=agent).pk,
            "invitation_id": invitation.pk,
        }
    mine, strangers = a_client(owner), a_client()
    found = list(addresses())
    return {
        "owner": owner,
        "slug": shop.slug,
        "pages": [*_pages(found, known, mine), NOT_THERE],
        "outside": _pages((one for one in found if one.access == "public"), known, strangers),
    }


def _pages(found: Iterable[Address], known: dict[str, Any], client: Client) -> list[str]:
    """Return the addresses that answer with a page of HTML to this reader."""
    pages = []
    for address in found:
        if not address.name or address.name in PARTS_OF_PAGES or not set(address.parameters) <= set(known):
            continue
        path = reverse(address.name, kwargs={name: known[name] for name in address.parameters})
        answer = client.get(path)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            pages.append(path)
    return pages
