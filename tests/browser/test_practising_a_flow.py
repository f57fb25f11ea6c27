"""A marketer lets made-up people go through a flow from its editor, sees what they got, answers as one, and ends it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from builders import a_channel, a_member, a_workspace
from flow_people import a_flow, choice, keyword, message
from workspaces.roles import Role
from workspaces.scope import tenant

OpenPage = Callable[..., Page]


def test_from_the_editor_to_a_made_up_persons_phone(open_page: OpenPage) -> None:
    workspace = a_workspace(name="Grain", language="en")
    owner = a_member(workspace, Role.OWNER)
    with tenant(workspace):
        bot = a_channel("telegram", name="Shop bot", secrets={"token": "1:a"})
        flow = a_flow(keyword("menu", channels=[bot.pk]), ask=choice("Coffee?", Yes="end"), end=message("On its way"))
    page = open_page(f"/w/{workspace.slug}/bots/{flow.pk}/", owner, language="en")
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("button", name="Practise with made-up people").click()
    page.get_by_label("How many people").fill("3")
    page.get_by_role("button", name="Begin practising", exact=True).click()
    scenes = page.locator("#scenes")
    expect(scenes).to_contain_text("3 of 3 made-up people are here", timeout=30_000)
    expect(scenes.get_by_role("cell", name="Coffee?")).to_have_count(3, timeout=30_000)
    with page.context.expect_page() as opened:
        scenes.get_by_role("link", name="Open the phone").first.click()
    phone = opened.value
    expect(phone.get_by_text("Coffee?")).to_be_visible()
    phone.get_by_role("button", name="Yes").click()
    expect(phone.get_by_text("On its way")).to_be_visible(timeout=30_000)
    phone.close()
    page.get_by_role("button", name="End the practice").click()
    expect(page.get_by_text("The practice is over: 2 made-up people were stopped.")).to_be_visible()
