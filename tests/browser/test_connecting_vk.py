"""A marketer connects a community of VK: what goes wrong is told in words, then the first message is seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from builders import a_member, a_workspace
from lab.platforms.vk.communities import Community
from lab.platforms.vk.events import Server
from lab.running import Lab
from page_words import words_of
from workspaces.roles import Role

OpenPage = Callable[..., Page]
LOOKS = [pytest.param("ru", 390, id="ru-phone"), pytest.param("en", 1280, id="en-wide")]
NO_RIGHT = "The key lacks a right. Make a new one and tick all four: manage, messages, photos, documents."
FULL = (
    "The community has ten addresses already, and VK allows no more. Delete one: Manage → Settings → API usage → "
    "Callback API."
)


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_from_a_key_to_the_first_message(open_page: OpenPage, house_lab: Lab, language: str, width: int) -> None:
    words = words_of(language)
    workspace = a_workspace(name="Grain", language=language)
    owner = a_member(workspace, Role.OWNER)
    community: Community = house_lab.vk.new_bot("Coffee club", rate=None)
    page = open_page(f"/w/{workspace.slug}/channels/new/", owner, language=language, width=width)
    page.get_by_role("main").get_by_role("link", name=words("VK"), exact=False).click()
    page.get_by_label(words("The lab on this machine, for practice")).check()

    def check(token: str) -> None:
        page.get_by_label(words("Access key"), exact=True).fill(token)
        page.get_by_role("button", name=words("Check the key")).click()

    alert = page.get_by_role("alert")
    check(f"{community.token[:-3]}abc")
    expect(alert).to_contain_text(
        words("VK does not know this key: a letter is missing, or it was deleted. Copy it once more.")
    )
    community.grants("messages")
    check(community.token)
    expect(alert).to_contain_text(words(NO_RIGHT))
    community.grants("messages", "manage", "photos", "docs")

    # The community has no room for another address, until somebody makes some.
    others = [Server(number, f"https://other{number}.example/", "Other", "") for number in range(1, 11)]
    for server in others:
        community.ground.do(lambda server=server: community.events.restore_server(server))
    check(community.token)
    expect(page.locator("#found")).to_contain_text(f"vk.com/{community.key}")
    page.locator("#connect-account").click()
    expect(alert).to_contain_text(words(FULL))
    community.ground.do(lambda: community.events.drop_server(1))
    check(community.token)
    page.locator("#connect-account").click()
    expect(
        page.get_by_text(words("We are waiting for the first message. This page will notice it by itself."))
    ).to_be_visible()
    assert community.token not in page.content()
    assert [one.status for one in community.events.servers.values() if one.title == "Kaskad"] == ["ok"]

    community.phone(house_lab.vk.person("Vera Belova", language=language)).writes("Hello!")
    # VK tells who she is only when it is asked, so she may not have a name yet.
    expect(page.get_by_role("link", name=words("Open the conversation"))).to_be_visible(timeout=30_000)
    page.get_by_role("link", name=words("Open the conversation")).click()
    expect(page.get_by_role("log")).to_contain_text("Hello!")
