"""A marketer makes a flow in a real browser: by mouse and by keys, tries it, publishes it, and meets a colleague."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from bots.models import Flow, Run
from builders import a_channel, a_member, a_workspace
from flow_people import Person, a_flow, choice, keyword, message, welcome
from workspaces.models import Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

OpenPage = Callable[..., Page]


def test_a_flow_with_a_keyword_and_buttons_from_nothing(open_page: OpenPage) -> None:
    workspace = a_workspace()
    marketer = a_member(workspace, Role.MARKETER)
    page = open_page(f"/w/{workspace.slug}/bots/new/", marketer, language="en")
    page.get_by_role("button", name="Blank flow").click()

    page.get_by_role("button", name="Add keywords").click()
    page.get_by_label("Word or phrase").fill("prize")
    page.keyboard.press("Enter")
    _step(page, 1).get_by_label("Text of the message").fill("Will you *take part*?")
    _step(page, 1).get_by_role("button", name="Button", exact=True).click()
    _step(page, 1).get_by_label("Text of the button").fill("Yes")
    _step(page, 1).get_by_label("Goes to").select_option(label="+ New step")
    expect(_step(page, 2).get_by_label("Text of the message")).to_be_focused()
    page.keyboard.type("You are in")
    expect(page.get_by_role("status")).to_contain_text("Saved")

    trial = page.get_by_role("complementary", name="Try it")
    trial.get_by_label("Message to the bot").fill("ПРИЗ?")
    page.keyboard.press("Enter")
    expect(trial).to_contain_text("The bot does not answer this")
    trial.get_by_label("Message to the bot").fill("PRIZE)))")
    page.keyboard.press("Enter")
    expect(trial.locator(".font-semibold", has_text="take part")).to_be_visible()
    trial.get_by_role("button", name="Yes").click()
    expect(trial).to_contain_text("You are in")
    expect(trial).to_contain_text("The flow ends here")

    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog", name="Publish the flow?")
    expect(dialog).to_contain_text("2 steps added")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    with tenant(workspace):
        person = Person(a_channel())
        person.writes("Prize!")
        person.presses("Yes")
        assert person.was_told == ["Will you *take part*?", "You are in"]
        assert Run.objects.count() == 1


def test_an_unfinished_flow_says_what_is_missing_where_it_stands(open_page: OpenPage) -> None:
    page = _editor(open_page, published=False, a=choice("", Yes=None))
    expect(_step(page, 1).locator(".lucide-list-checks")).to_be_visible()
    expect(_step(page, 1)).to_contain_text("Write the text of the message, or attach a file.")
    expect(_step(page, 1)).to_contain_text("The button “Yes” leads nowhere: choose a step.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing starts this flow")


def test_steps_are_moved_by_keys_and_every_change_is_undone(open_page: OpenPage) -> None:
    page = _editor(open_page, a=message("One", "b"), b=message("Two"))
    page.get_by_role("button", name="Move: Alt").nth(1).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(_step(page, 1).get_by_label("Text of the message")).to_have_value("Two")
    page.keyboard.press("Control+z")
    expect(_step(page, 1).get_by_label("Text of the message")).to_have_value("One")
    _step(page, 2).get_by_role("button", name="Delete the step").click()
    expect(page.get_by_label("Text of the message")).to_have_count(1)
    page.get_by_role("button", name="Undo").last.click()
    expect(_step(page, 2).get_by_label("Text of the message")).to_have_value("Two")


def test_files_are_dropped_on_a_step_and_pasted_into_its_text(open_page: OpenPage) -> None:
    page = _editor(open_page, a=message("One"))
    step = _step(page, 1)
    text = step.get_by_label("Text of the message")

    _bring(step, "drop", "prices.pdf", "%PDF-1.4 prices")
    expect(step.get_by_role("button", name="Remove “prices.pdf”")).to_be_visible()
    _bring(text, "paste", "address.txt", "Lime street, 4")
    expect(step.get_by_role("button", name="Remove “address.txt”")).to_be_visible()
    text.fill("")
    expect(page.get_by_label("Begins with")).to_contain_text("Step 1: prices.pdf, address.txt")
    text.fill("One")
    _bring(text, "paste", "words.png", "a picture of words", words="Words of a letter")
    _bring(text, "drop", "game.exe", "MZ")
    expect(page.get_by_text("Programs cannot be sent.")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(step.locator(".flow-file")).to_have_count(2)
    expect(text).to_have_value("One")

    _bring(step, "drop", *(part for number in range(9) for part in (f"{number}.txt", "More")))
    expect(page.get_by_text("One message carries at most 10 files.")).to_be_visible()
    expect(step.locator(".flow-file")).to_have_count(10)


def test_two_editors_never_overwrite_each_other(open_page: OpenPage) -> None:
    workspace = a_workspace()
    flow = _flow(workspace, a=message("Ours"))
    ivan, olga = (a_member(workspace, Role.MARKETER) for _ in range(2))
    type(ivan).objects.filter(pk=ivan.pk).update(name="Ivan")
    address = f"/w/{workspace.slug}/bots/{flow.pk}/"
    first, second = (open_page(address, person, language="en") for person in (ivan, olga))
    first.get_by_label("Text of the message").fill("Ivan's")
    expect(first.get_by_role("status")).to_contain_text("Saved")
    _saved(workspace, flow, "Ivan's")
    second.get_by_label("Text of the message").fill("Olga's")
    expect(second.get_by_role("alert")).to_contain_text("Ivan has saved this flow")
    second.get_by_role("button", name="Keep mine as a copy").click()
    expect(second.get_by_label("Name of the flow")).to_have_value("Menu (copy)")
    expect(second.get_by_label("Text of the message")).to_have_value("Olga's")
    _saved(workspace, flow, "Ivan's")


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_everybody_can_use_the_pages(open_page: OpenPage, language: str, theme: str, width: int) -> None:
    workspace = a_workspace()
    marketer = a_member(workspace, Role.MARKETER)
    look = {"language": language, "theme": theme, "width": width}
    _accessible(open_page(f"/w/{workspace.slug}/bots/", marketer, **look))
    flow = _flow(workspace, a=choice("", Yes=None), b=message("Alone"))
    _accessible(open_page(f"/w/{workspace.slug}/bots/", marketer, **look))
    page = open_page(f"/w/{workspace.slug}/bots/{flow.pk}/", marketer, **look)
    page.locator(".flow-step").first.wait_for()
    _accessible(page)


def _editor(open_page: OpenPage, *, published: bool = False, **nodes: dict[str, object]) -> Page:
    workspace = a_workspace()
    with tenant(workspace):
        flow = a_flow(published=published, name="Menu", **nodes)
    return open_page(f"/w/{workspace.slug}/bots/{flow.pk}/", a_member(workspace, Role.MARKETER), language="en")


def _flow(workspace: Workspace, **nodes: dict[str, object]) -> Flow:
    with tenant(workspace):
        return a_flow(welcome(), keyword("menu"), name="Menu", published=False, **nodes)


def _step(page: Page, number: int) -> Locator:
    return page.locator(".flow-step").nth(number - 1)


def _bring(place: Locator, how: str, *names_and_contents: str, words: str = "") -> None:
    """Drop files on a place, or paste them into it, as a browser does."""
    place.evaluate(
        """(element, [how, parts, words]) => {
            const data = new DataTransfer();
            for (let at = 0; at < parts.length; at += 2) data.items.add(new File([parts[at + 1]], parts[at]));
            for (const type of words ? ["text/plain", "text/html"] : []) data.setData(type, words);
            const init = { bubbles: true, cancelable: true };
            const events = how === "paste"
                ? [new ClipboardEvent("paste", { ...init, clipboardData: data })]
                : ["dragover", "drop"].map((type) => new DragEvent(type, { ...init, dataTransfer: data }));
            for (const event of events) element.dispatchEvent(event);
        }""",
        [how, list(names_and_contents), words],
    )


def _saved(workspace: Workspace, flow: Flow, text: str) -> None:
    with tenant(workspace):
        assert Flow.objects.get(pk=flow.pk).draft["nodes"]["a"]["text"] == text


def _accessible(page: Page) -> None:
    page.wait_for_load_state()
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    serious = [one for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]
    assert not serious, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious]
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, "the page scrolls sideways"
