"""Templates of a number: known as soon as it is connected, kept as Meta tells them, made, filled, sent and refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from audience.models import Contact
from builders import a_client, a_member, a_user
from fake_messenger import a_sender, eventually
from lab.platforms.meta.apps import Subscription
from lab.platforms.whatsapp.apps import OBJECT
from lab.platforms.whatsapp.numbers import Number, digits
from lab.platforms.whatsapp.phones import Phone
from lab.running import Lab
from messengers import batches, channels, outbox, tasks, template_parts, templates, watchdog
from messengers.content import Content
from messengers.models import Channel, Conversation, Message, MessageTemplate
from messengers.statuses import Status
from messengers.template_parts import Filling, NewTemplate, TemplateButton, TemplateParts
from meta_at_work import a_channel, a_file, all_sent, fate, handled, heard, say
from workspaces.models import User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("door")

HEADER = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["x"]}}
FOOTER = {"type": "FOOTER", "text": "Kaskad [Shop]"}
BUTTONS = {
    "type": "BUTTONS",
    "buttons": [
        {"type": "URL", "text": "Сайт", "url": "https://ex.am/{{1}}", "example": ["https://ex.am/may"]},
        {"type": "QUICK_REPLY", "text": "Беру"},
    ],
}


@pytest.fixture
def shop(lab: Lab) -> Number:
    made: Number = lab.whatsapp.new_bot("Shop")
    made.new_template("promo", "{{1}}, скидка {{2}} до мая", HEADER, FOOTER, BUTTONS)
    return made


@pytest.fixture
def channel(workspace: Workspace, shop: Number) -> Channel:
    made = a_channel(workspace, shop)  # type: ignore[arg-type]
    templates.sync(made.pk, workspace_id=workspace.pk)
    return made


@pytest.fixture
def owner(workspace: Workspace) -> User:
    return a_member(workspace, Role.ADMIN, a_user(language="en"))


def letter_to(user: User) -> str:
    """Return the letter that he got since the last one."""
    (found,) = [one for one in mail.outbox if one.to == [user.email]]
    mail.outbox.clear()
    return f"{found.subject}\n{found.body}"


def row(channel: Channel, name: str = "promo") -> MessageTemplate | None:
    with tenant(channel.workspace_id):
        return MessageTemplate.objects.filter(channel=channel, name=name).select_related("channel").first()


def state(channel: Channel, name: str = "promo") -> tuple[str, str, str, str] | None:
    found = row(channel, name)
    return (found.state, found.reason, found.quality, found.category) if found else None


def settings_of(channel: Channel) -> dict[str, Any]:
    with tenant(channel.workspace_id):
        return dict(Channel.objects.get(pk=channel.pk).settings)


def closed_talk(channel: Channel, anna: Phone) -> Conversation:
    anna.writes("Привет")
    anna.is_silent_for(25)

    def look() -> Conversation | None:
        talks = Conversation.objects.select_related("identity", "contact", "channel").filter(channel=channel)
        return talks.filter(identity__external_id=digits(anna.person)).first()

    talk: Conversation = handled(channel, look)
    with tenant(channel.workspace_id):
        Conversation.objects.filter(pk=talk.pk).update(heard_at=timezone.now() - timedelta(hours=25))
    return talk


def test_they_are_asked_for_as_soon_as_a_number_is_connected_and_every_few_hours(
    workspace: Workspace, shop: Number
) -> None:
    for number in range(130):
        shop.new_template(f"more_{number}", "Здравствуйте")
    made = a_channel(workspace, shop)  # type: ignore[arg-type]
    tasks.watch_channel(made.pk, workspace_id=workspace.pk)
    with tenant(workspace):
        assert MessageTemplate.objects.filter(channel=made).count() == 131
    shop.new_template("late", "Здравствуйте")
    tasks.watch_channel(made.pk, workspace_id=workspace.pk)
    with tenant(workspace):
        assert MessageTemplate.objects.filter(channel=made).count() == 131, "it was asked only now"
        Channel.objects.filter(pk=made.pk).update(templates_at=timezone.now() - timedelta(hours=5))
    tasks.watch_channel(made.pk, workspace_id=workspace.pk)
    with tenant(workspace):
        assert MessageTemplate.objects.filter(channel=made).count() == 132
    shop.rights.remove("whatsapp_business_management")
    templates.sync(made.pk, workspace_id=workspace.pk)
    with tenant(workspace):
        found = Channel.objects.get(pk=made.pk)
        assert found.templates_problem == "rights_missing"
        assert MessageTemplate.objects.filter(channel=made).count() == 132, "what was known stays"


def test_what_meta_decides_is_known_at_once(channel: Channel, shop: Number) -> None:
    assert state(channel) == ("approved", "", "high", "MARKETING")
    shop.decides("promo", "REJECTED", "PROMOTIONAL")
    handled(channel, lambda: state(channel) == ("rejected", "PROMOTIONAL", "high", "MARKETING"))
    shop.decides("promo", "PAUSED")
    shop.rates_template("promo", "RED")
    shop.moves_template("promo", "UTILITY")
    handled(channel, lambda: state(channel) == ("paused", "", "low", "UTILITY"))
    shop.decides("promo", "APPROVED")
    handled(channel, lambda: (state(channel) or [""])[0] == "approved")
    shop.new_template("late", "Здравствуйте", status="PENDING")
    shop.decides("late", "APPROVED")  # of one that we have never seen: the list is asked for anew
    handled(channel, lambda: Channel.objects.get(pk=channel.pk).templates_at is None)
    templates.sync(channel.pk, workspace_id=channel.workspace_id)
    assert (state(channel, "late") or [""])[0] == "approved"


def test_one_is_filled_sent_and_answered_after_a_day_of_silence(channel: Channel, lab: Lab, shop: Number) -> None:
    anna: Phone = shop.phone(lab.whatsapp.person("Анна [Б]"))
    talk, found = closed_talk(channel, anna), row(channel)
    assert found is not None
    assert [gap.key for gap in template_parts.gaps(found.said)] == ["body.1", "body.2", "url.0"]
    values = {"body.1": "Анна\n[Б]", "body.2": "10%", "url.0": "may"}
    filling = Filling(values, a_file(channel, "photo"))
    said = template_parts.content(found.name, found.language, found.said, filling)
    with tenant(channel.workspace_id), pytest.raises(outbox.UnreachableError, match="window_closed"):
        outbox.enqueue(talk, Content(text="Скидка!"), source="bot")
    with a_sender():
        sent = say(talk, said)
        eventually(all_sent(sent), 20)
    assert anna.texts() == ["Анна [Б], скидка 10% до мая\nKaskad [Shop]"]
    assert anna.presses("Сайт") == "https://ex.am/may"
    anna.presses("Беру")
    handled(channel, lambda: heard(channel)[-1] == "Беру")


def test_what_may_not_be_sent_any_more_is_refused_in_words(channel: Channel, lab: Lab, shop: Number) -> None:
    anna: Phone = shop.phone(lab.whatsapp.person("Анна"))
    talk, found = closed_talk(channel, anna), row(channel)
    assert found is not None
    said = template_parts.content(
        "promo", "ru", found.said, Filling({"body.1": "x", "body.2": "y", "url.0": "z"}, a_file(channel, "photo"))
    )
    waiting = say(talk, said)  # it waits, and Meta changes its mind meanwhile
    shop.decides("promo", "PAUSED")
    with a_sender():
        eventually(lambda: fate(waiting) == (Status.REJECTED, "template_paused"))
    handled(channel, lambda: (state(channel) or [""])[0] == "paused")
    with tenant(channel.workspace_id), pytest.raises(outbox.UnreachableError, match="template_paused"):
        outbox.enqueue(talk, said, source="bot")
    assert anna.texts() == []


def test_a_new_one_is_sent_for_approval_and_deleted(channel: Channel, shop: Number, owner: User) -> None:
    buttons = [TemplateButton(kind="url", text="Site", url="https://ex.am/{{1}}", example="https://ex.am/x")]
    parts = TemplateParts(header="May", body="Hello {{1}}, welcome", body_examples=["Ann"], buttons=buttons)
    with tenant(channel.workspace_id):
        made = templates.create(channel, NewTemplate("hello", "en", "UTILITY", parts), owner)
        assert (made.state, made.category) == ("pending", "UTILITY")
        wrong = parts.model_copy(update={"body": "Hello {{1}}"})
        with pytest.raises(channels.RefusedByMessengerError, match="Variables can't be"):
            templates.create(channel, NewTemplate("wrong", "en", "UTILITY", wrong), owner)
    shop.decides("hello", "APPROVED")
    handled(channel, lambda: (state(channel, "hello") or [""])[0] == "approved")
    templates.sync(channel.pk, workspace_id=channel.workspace_id)
    found = row(channel, "hello")
    assert found is not None
    assert found.said == parts
    with tenant(channel.workspace_id):
        templates.delete(found, owner)
    assert [one["name"] for one in shop.templates] == ["promo"]
    assert row(channel, "hello") is None


def test_what_is_told_while_a_list_is_on_its_way_is_newer_than_the_list(
    channel: Channel, shop: Number, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = channels.ask_templates

    def meanwhile(found: Channel) -> Any:
        told = asked(found)
        shop.decides("promo", "PAUSED")
        handled(channel, lambda: (state(channel) or [""])[0] == "paused")
        with tenant(channel.workspace_id):
            templates.create(found, NewTemplate("fresh", "en", "UTILITY", TemplateParts(body="Hello")), owner)
        shop.new_template("elsewhere", "Здравствуйте", status="PENDING")
        shop.decides("elsewhere", "APPROVED")
        handled(channel, lambda: Channel.objects.get(pk=channel.pk).templates_at is None)
        return told

    monkeypatch.setattr(channels, "ask_templates", meanwhile)
    templates.sync(channel.pk, workspace_id=channel.workspace_id)
    assert [(state(channel, name) or [""])[0] for name in ("promo", "fresh")] == ["paused", "pending"]
    monkeypatch.undo()
    with tenant(channel.workspace_id):
        assert templates.is_due(Channel.objects.get(pk=channel.pk)), "one that was made elsewhere is still unknown"
    templates.sync(channel.pk, workspace_id=channel.workspace_id)
    assert [(state(channel, name) or [""])[0] for name in ("promo", "fresh", "elsewhere")] == [
        "paused",
        "pending",
        "approved",
    ]


def test_quality_and_limits_are_known_and_trouble_is_told(
    channel: Channel, shop: Number, workspace: Workspace, owner: User
) -> None:
    assert settings_of(channel)["daily_limit"] == 1000
    shop.limited("TIER_10K")
    handled(channel, lambda: settings_of(channel)["daily_limit"] == 10_000)
    shop.rated("RED")
    handled(channel, lambda: settings_of(channel)["quality"] == "RED")
    assert (workspace.pk, channel.pk) in watchdog.due(), "it is looked at at once"
    watchdog.watch(channel.pk, workspace_id=workspace.pk)
    assert "people complain" in letter_to(owner)
    page = a_client(owner).get(f"/w/{workspace.slug}/channels/{channel.pk}/").content.decode()
    assert "10\u202f000" in page.replace("&nbsp;", "\u202f").replace("\xa0", "\u202f")
    shop.rated("GREEN")
    shop.punished("restricted")
    handled(channel, lambda: settings_of(channel).get("restriction") == "no_first_messages")
    watchdog.watch(channel.pk, workspace_id=workspace.pk)
    assert "not write to them first" in letter_to(owner)
    shop.punished("blocked")
    handled(channel, lambda: Channel.objects.get(pk=channel.pk).state == Channel.State.BROKEN)
    watchdog.watch(channel.pk, workspace_id=workspace.pk)
    assert "has stopped" in letter_to(owner)
    shop.punished("free")
    with tenant(workspace):
        channels.reconnect(channel, owner)
    templates.sync(channel.pk, workspace_id=workspace.pk)
    handled(channel, lambda: settings_of(channel)["restriction"] == "")
    watchdog.watch(channel.pk, workspace_id=workspace.pk)
    with tenant(workspace):
        assert Channel.objects.get(pk=channel.pk).trouble == ""


def test_the_page_shows_them_asks_anew_and_takes_new_ones(
    channel: Channel, shop: Number, workspace: Workspace, owner: User
) -> None:
    browser = a_client(owner)
    browser.cookies["django_language"] = "en"
    here = f"/w/{workspace.slug}/channels/{channel.pk}/templates/"
    shop.decides("promo", "REJECTED", "PROMOTIONAL")
    handled(channel, lambda: (state(channel) or [""])[0] == "rejected")
    page = browser.get(here).content.decode()
    assert "Rejected" in page
    assert "it is advertising" in page
    assert "Kaskad [Shop]" in page
    shop.new_template("more", "Hello")
    assert "2 templates are known" in browser.post(f"{here}refresh/", follow=True).content.decode()
    shop.rights.remove("whatsapp_business_management")
    page = browser.post(f"{here}refresh/", follow=True).content.decode()
    assert "may not manage this number" in page
    assert "what is shown may be old" not in browser.get(f"/w/{workspace.slug}/channels/{channel.pk}/").content.decode()
    shop.rights.append("whatsapp_business_management")
    wanted = {"name": "spring", "language": "en", "category": "MARKETING", "body": "Hi {{1}}, come in"}
    refused = browser.post(f"{here}new/", wanted)
    assert refused.status_code == 422
    assert "an example for each gap" in refused.content.decode()
    assert (
        "sent for approval"
        in browser.post(
            f"{here}new/", wanted | {"body_examples": "Ann", "reply_1": "Yes"}, follow=True
        ).content.decode()
    )
    assert shop.templates[-1]["components"][1]["buttons"] == [{"type": "QUICK_REPLY", "text": "Yes"}]
    made = row(channel, "spring")
    assert made is not None
    wrong = browser.post(f"{here}{made.pk}/", {"body.1": "{{ oops"})
    assert wrong.status_code == 422
    browser.post(f"{here}{made.pk}/", {"body.1": "{{ first_name | default: 'friend' }}"})
    assert "first_name | default" in browser.get(f"{here}{made.pk}/").content.decode()
    assert "is deleted" in browser.post(f"{here}{made.pk}/delete/", follow=True).content.decode()
    assert [one["name"] for one in shop.templates] == ["promo", "more"]


def test_a_member_chooses_one_in_the_chat(channel: Channel, lab: Lab, shop: Number, workspace: Workspace) -> None:
    shop.new_template("hello", "Здравствуйте, {{1}}! Код {{2}} ждёт")
    templates.sync(channel.pk, workspace_id=workspace.pk)
    anna: Phone = shop.phone(lab.whatsapp.person("Анна Белова"))
    talk, found = closed_talk(channel, anna), row(channel, "hello")
    assert found is not None
    with tenant(workspace):
        found.defaults = {"body.1": "{{ first_name }}", "body.2": "{{ email }}"}
        found.save(update_fields=["defaults"])
    agent = a_client(a_member(workspace, Role.AGENT))
    here = f"/w/{workspace.slug}/chats/data/{talk.pk}/"
    opened = agent.get(here).json()["conversation"]
    assert opened["channel"]["templates"]
    assert opened["answer_until"] < timezone.now().isoformat()
    offered = {one["name"]: one for one in agent.get(f"{here}templates/").json()["templates"]}
    assert [gap["value"] for gap in offered["hello"]["gaps"]] == ["Анна", ""]

    def send(**given: Any) -> Any:
        body = {"client_id": "c" * 12, "template": found.pk, "seen_message": 10**9, **given}
        return agent.post(f"{here}template/", body, content_type="application/json")

    refused = send(values={"body.1": "Анна", "body.2": "{{ email }}"})
    assert refused.status_code == 400
    assert list(refused.json()["fields"]) == ["body.2"]
    assert send(values={"body.1": "Анна"}).json()["fields"].keys() == {"body.2"}
    with a_sender():
        assert send(values={"body.1": "{{ first_name }}", "body.2": "42"}).status_code == 201
        assert send(values={"body.1": "{{ first_name }}", "body.2": "42"}).status_code == 201, "a repeat"
        eventually(lambda: anna.texts() == ["Здравствуйте, Анна! Код 42 ждёт"])
    shop.decides("hello", "PAUSED")
    handled(channel, lambda: (state(channel, "hello") or [""])[0] == "paused")
    assert "hello" not in [one["name"] for one in agent.get(f"{here}templates/").json()["templates"]]
    paused = send(client_id="d" * 12, values={"body.1": "Анна", "body.2": "42"})
    assert (paused.status_code, paused.json()["code"]) == (409, "template_paused")


def test_a_mailing_fills_one_for_each_person(channel: Channel, lab: Lab, shop: Number, workspace: Workspace) -> None:
    shop.new_template("hello", "Здравствуйте, {{1}}! Ждём вас")
    templates.sync(channel.pk, workspace_id=workspace.pk)
    phones = [shop.phone(lab.whatsapp.person(name)) for name in ("Анна *Белова*", "Борис")]
    talks, found = [closed_talk(channel, phone) for phone in phones], row(channel, "hello")
    assert found is not None
    said = template_parts.content("hello", "ru", found.said, Filling({"body.1": "{{ name | default: 'друг' }}"}))
    with tenant(workspace):
        Contact.objects.filter(pk=talks[1].contact_id).update(name="")
        batch = batches.begin()
        variant = batches.vary(batch, said)
        assert batches.fill(batch, variant, [talk.pk for talk in talks], source=Message.Source.BROADCAST) == 2
        batches.seal(batch)
    with a_sender():
        eventually(lambda: all(phone.texts() for phone in phones), 20)
    assert [phone.texts() for phone in phones] == [
        ["Здравствуйте, Анна *Белова*! Ждём вас"],
        ["Здравствуйте, друг! Ждём вас"],
    ]


def test_an_app_of_ours_is_asked_for_news_that_it_lacks(channel: Channel, shop: Number, workspace: Workspace) -> None:
    shop.app.subscriptions[OBJECT].fields = ["messages"]
    with tenant(workspace):
        channels.reconnect(channel, None)
    assert "account_alerts" in shop.app.subscriptions[OBJECT].fields
    shop.app.subscriptions[OBJECT] = Subscription("https://other.example/hook", "", ["messages"])
    with tenant(workspace):
        channels.reconnect(channel, None)
    assert shop.app.subscriptions[OBJECT].callback_url == "https://other.example/hook", "another program's is let be"
