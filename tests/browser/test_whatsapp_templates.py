"""A template from its page to a phone: shown with its state, chosen in the chat after a day, filled, and arrived."""

from collections.abc import Callable
from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from builders import a_channel, a_conversation, a_member, a_message, a_workspace, an_identity
from fake_messenger import eventually
from lab.platforms.whatsapp.numbers import Number, digits
from lab.platforms.whatsapp.phones import Phone
from lab.running import Lab
from messengers.models import MessageTemplate
from workspaces.roles import Role
from workspaces.scope import tenant

OpenPage = Callable[..., Page]
BUTTONS = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Coming"}]}


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def test_from_the_list_to_a_phone(open_page: OpenPage, house_lab: Lab) -> None:
    workspace = a_workspace(name="Grain", language="en")
    owner = a_member(workspace, Role.OWNER)
    shop: Number = house_lab.whatsapp.new_bot("Grain coffee")
    shop.new_template("order_ready", "Hello {{1}}, your order {{2}} is ready", BUTTONS, language="en")
    shop.new_template("sale", "Everything for half", language="en", status="REJECTED")
    anna: Phone = shop.phone(house_lab.whatsapp.person("Ann White", language="en"))
    anna.writes("Is it ready?")
    anna.is_silent_for(30)
    settings = {"app_id": shop.app.id, "phone_number_id": shop.page_id, "waba_id": shop.waba_id}
    with tenant(workspace):
        secrets = {"token": shop.token, "app_secret": shop.app.secret}
        channel = a_channel("whatsapp", name="Grain", practice=True, settings=settings, secrets=secrets)
        identity = an_identity(channel, name="Ann White", external_id=digits(anna.person))
        talk = a_conversation(identity=identity, heard_at=timezone.now() - timedelta(hours=30))
        a_message(talk, "Is it ready?")

    # The list asks the messenger by itself the first time.
    page = open_page(f"/w/{workspace.slug}/channels/{channel.pk}/templates/", owner, language="en", width=1280)
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="order_ready")).to_contain_text("Approved", timeout=15_000)
    expect(rows.filter(has_text="sale")).to_contain_text("Rejected")
    assert not faults(page)
    rows.filter(has_text="order_ready").get_by_role("link").click()
    page.get_by_label("Gap {{1}}").fill("{{ first_name | default: 'friend' }}")
    page.get_by_role("button", name="Save").click()
    with tenant(workspace):
        eventually(lambda: MessageTemplate.objects.get(name="order_ready").defaults)

    # In the chat nothing else may be said.
    page.goto(page.url.split("/channels/")[0] + f"/chats/{talk.pk}/")
    expect(page.get_by_text("only templates may be sent")).to_be_visible()
    page.get_by_role("button", name="Choose a template").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("sale")).to_have_count(0)
    dialog.get_by_role("button", name="order_ready").click()
    expect(dialog.get_by_label("Gap {{1}}")).to_have_value("Ann")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_text("Fill this in.")).to_be_visible()
    dialog.get_by_label("Gap {{2}}").fill("42")
    expect(dialog.get_by_label("As the person will see it")).to_contain_text("Hello Ann, your order 42 is ready")
    assert not faults(page)
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("log")).to_contain_text("Hello Ann, your order 42 is ready")
    eventually(lambda: anna.texts() == ["Hello Ann, your order 42 is ready"], 20)
    assert anna.presses("Coming") == "sent"
