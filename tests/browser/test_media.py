"""The library in a browser: files come, are refused in words, renamed, deleted, chosen in a chat and in a flow."""

from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import expect

from bots import flows, starters
from builders import a_conversation, a_message, a_user, a_workspace
from messengers import media
from tests.browser.conftest import OpenPage
from workspaces.scope import tenant


def picture(colour: str = "teal") -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "PNG")
    return out.getvalue()


def a_file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_files_are_uploaded_renamed_and_deleted(open_page: OpenPage) -> None:
    owner = a_user()
    shop = a_workspace(owner)
    page = open_page(f"/w/{shop.slug}/media/", owner, language="en")
    expect(page.get_by_text("Drop pictures, videos and documents here")).to_be_visible()

    page.locator("[data-media-input]").set_input_files([a_file("cat.png", picture())])  # type: ignore[list-item]
    expect(page.get_by_text("cat.png", exact=True)).to_be_visible()
    page.locator("[data-media-input]").set_input_files(  # type: ignore[call-overload]
        [a_file("dog.png", picture("olive")), a_file("holiday.jpg", b"MZ program")]
    )
    expect(page.get_by_text("dog.png", exact=True)).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Programs cannot be sent")

    card = page.locator(".media-card", has_text="cat.png")
    card.get_by_role("button", name="Actions with cat.png").click()
    page.get_by_role("button", name="Rename").first.click()
    dialog = page.get_by_role("dialog", name="Rename the file")
    expect(dialog.get_by_label("File name")).to_have_value("cat")
    dialog.get_by_label("File name").fill("Summer")
    dialog.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("Summer.png", exact=True)).to_be_visible()

    page.get_by_role("button", name="Actions with Summer.png").click()
    page.locator("[popover]:popover-open").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete the file?").get_by_role("button", name="Delete").click()
    expect(page.locator(".media-card")).to_have_count(1)


def test_a_file_of_the_library_is_attached_in_a_chat_and_in_a_flow(open_page: OpenPage) -> None:
    owner = a_user()
    shop = a_workspace(owner)
    with tenant(shop):
        media.store(ContentFile(picture(), name="menu.png"), owner)
        talk = a_conversation()
        a_message(talk, "What is on today?")
        name, graph = starters.build("welcome", "en")
        flow = flows.create(name, graph, owner)

    chat = open_page(f"/w/{shop.slug}/chats/{talk.pk}/", owner, language="en")
    chat.get_by_role("button", name="From the library").click()
    chat.get_by_role("dialog", name="From the library").get_by_role("button", name="menu.png").click()
    chat.get_by_role("button", name="Attach 1 file").click()
    expect(chat.get_by_role("list", name="Attached files")).to_contain_text("menu.png")
    chat.get_by_role("button", name="Send", exact=True).click()
    expect(chat.locator(".chats-picture img")).to_be_visible()

    editor = open_page(f"/w/{shop.slug}/bots/{flow.pk}/", owner, language="en")
    editor.get_by_role("button", name="From the library").first.click()
    editor.get_by_role("dialog", name="From the library").get_by_role("button", name="menu.png").click()
    editor.get_by_role("button", name="Attach 1 file").click()
    expect(editor.locator(".flow-file-name")).to_have_text("menu.png")
