"""A mailbox at work: letters come in and are answered in their own talk, mailings can be left, bounces are believed."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.files.base import ContentFile
from django.utils import timezone

from builders import a_client, a_member, a_user
from fake_messenger import a_sender, eventually
from lab.platforms.email.mailboxes import Bot
from lab.platforms.email.phones import Phone
from lab.running import Lab
from lab.samples import sample
from messengers import batches, channels, fetching, inbox, media, outbox, polling
from messengers.adapter import News
from messengers.content import Content, ReplyButton, UrlButton
from messengers.driver import open_driver
from messengers.models import Channel, Conversation, Identity, InboundUpdate, Message
from messengers.registry import messenger
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def shop(lab: Lab) -> Bot:
    made: Bot = lab.email.new_bot("Кофейня", key="cafe")
    return made


@pytest.fixture
def anna(lab: Lab, shop: Bot) -> Phone:
    return shop.phone(lab.email.person("Анна Белова", username="anna"))


def connected(workspace: Workspace, shop: Bot, **other: str) -> Channel:
    given = {**shop.credentials(), **other}
    adapter = messenger("email")
    assert adapter.Secrets is not None
    secrets = {name: given[name] for name in adapter.Secrets.model_fields if name in given}
    settings = {name: given[name] for name in adapter.Settings.model_fields if name in given}
    with tenant(workspace):
        return channels.connect("email", "", settings, secrets, a_user(), practice=True, polls=True)


@pytest.fixture
def channel(workspace: Workspace, shop: Bot) -> Channel:
    return connected(workspace, shop)


def hear(channel: Channel, seconds: float = 0.2) -> None:
    """Ask the mailbox for letters once, and do a worker's work with what came."""
    now, adapter = fresh(channel), messenger("email")

    async def ask() -> News:
        async with open_driver() as driver:
            return await driver.run(adapter.poll(channels.facts(now), now.poll_cursor, seconds))

    with tenant(channel.workspace_id):
        news = asyncio.run(ask())
        inbox.store_many(now, news.bodies)
        Channel.objects.filter(pk=channel.pk).update(poll_cursor=news.cursor)
    while inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=5):
        pass


@contextmanager
def listening(channel: Channel) -> Iterator[None]:
    """Kaskad's own listener at work."""
    stop = threading.Event()

    def handle(channel_id: int, workspace_id: int) -> None:
        while inbox.process_waiting(channel_id, workspace_id=workspace_id, seconds=5):
            pass

    def listen() -> None:
        asyncio.run(polling.Listener(handle, seconds=600).run(stop.is_set))

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(40)
        assert not thread.is_alive()


def fresh(channel: Channel) -> Channel:
    with tenant(channel.workspace_id):
        return Channel.objects.get(pk=channel.pk)


def soon(
    channel: Channel, condition: Callable[[], Any], seconds: float = 60, *, fetched_by_itself: bool = False
) -> Any:
    """Return what a condition comes to in the workspace, fetching letters meanwhile."""

    def held() -> Any:
        if not fetched_by_itself:
            hear(channel)
        with tenant(channel.workspace_id):
            return condition()

    return eventually(held, seconds)


def talk_with(channel: Channel, phone: Phone) -> Conversation:
    def found() -> Conversation | None:
        talks = Conversation.objects.select_related("identity", "contact", "channel")
        return talks.filter(identity__external_id=phone.address).first()

    talk: Conversation = soon(channel, found)
    return talk


def heard(channel: Channel) -> list[Content]:
    with tenant(channel.workspace_id):
        rows = Message.objects.filter(direction="in").order_by("id")
        return [Content.model_validate(row.content) for row in rows]


def say(talk: Conversation, content: Content) -> Message:
    with tenant(talk.workspace_id):
        return outbox.enqueue(talk, content, source=Message.Source.MEMBER)


def status_of(message: Message) -> str:
    with tenant(message.workspace_id):
        return Message.objects.get(pk=message.pk).status


def mailing(channel: Channel, text: str) -> list[Message]:
    with tenant(channel.workspace_id):
        batch = batches.begin()
        variant = batches.vary(batch, Content(text=text, subject="Новости"))
        talks = list(Conversation.objects.values_list("pk", flat=True))
        batches.fill(batch, variant, talks, source=Message.Source.BROADCAST)
        batches.seal(batch)
        return list(Message.objects.filter(batch=batch))


def test_a_letter_is_heard_answered_and_pressed_in_one_talk(
    workspace: Workspace, channel: Channel, anna: Phone
) -> None:
    anna.writes("Вы открыты завтра?", subject="Завтра")
    talk = talk_with(channel, anna)
    assert (talk.contact.name, talk.contact.email) == ("Анна Белова", anna.address)
    given = sample("photo")
    with tenant(workspace):
        photo = media.as_attachment(media.store(ContentFile(given.data, name=given.name)))
    buttons = [ReplyButton(id="yes", text="Записать меня"), UrlButton(text="Меню", url="https://ex.am/menu")]
    with a_sender():
        say(talk, Content(text="*Да*, до десяти.", attachments=[photo], buttons=buttons))
        eventually(lambda: len(anna.messages()) == 2, 60)
        asked, answer = anna.messages()
        assert answer.subject == "Re: Завтра"
        assert answer.headers["in-reply-to"] == asked.headers["message-id"]
        assert asked.headers["message-id"] in answer.headers["references"]
        assert "Да, до десяти." in answer.text
        assert anna.buttons() == ["Записать меня", "Меню"]
        assert [(file.content_type, file.data) for file in answer.files] == [("image/jpeg", given.data)]
        anna.presses("Записать меня")
        soon(channel, lambda: [one.text for one in heard(channel)][1:] == ["Записать меня"])
        with tenant(workspace):
            assert InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED).count() == 0
        anna.writes("И пирог, пожалуйста")
        soon(channel, lambda: len(heard(channel)) == 3)
    assert heard(channel)[2].text == "И пирог, пожалуйста"  # and nothing of what he quotes
    with tenant(workspace):
        assert Conversation.objects.count() == 1


def test_a_persons_file_is_fetched(workspace: Workspace, channel: Channel, anna: Phone) -> None:
    anna.sends("document", caption="Список")
    talk_with(channel, anna)
    (said,) = heard(channel)
    (part,) = said.attachments
    fetching.fetch(part.media, workspace_id=workspace.pk)
    with tenant(workspace):
        kept = Message.objects.get(direction="in").content["attachments"][0]
        assert (kept["state"], kept["name"]) == ("stored", "notes.txt")
        assert media.read_file(workspace.pk, part.media) == sample("document").data


def test_a_mailing_is_left_by_one_press(lab: Lab, door: None, workspace: Workspace, shop: Bot, anna: Phone) -> None:
    channel = connected(workspace, shop)
    boris = shop.phone(lab.email.person("Борис", username="boris"))
    for phone in (anna, boris):
        phone.writes("Здравствуйте")
        talk_with(channel, phone)
    with a_sender():
        mailing(channel, "Новый сорт, {{ name }}!")
        eventually(lambda: anna.texts() and boris.texts(), 60)
        (_mine, letter) = anna.messages()
        assert letter.subject == "Новости"
        assert letter.headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        anna.unsubscribes()
        soon(channel, lambda: Identity.objects.get(external_id=anna.address).state == Identity.State.UNSUBSCRIBED)
        mailing(channel, "Ещё новость")
        eventually(lambda: len(boris.texts()) == 2, 60)
    assert len(anna.texts()) == 1
    assert not lab.account.twice(shop)


def test_who_calls_it_spam_gets_no_more(channel: Channel, anna: Phone) -> None:
    anna.writes("Здравствуйте")
    talk_with(channel, anna)
    with a_sender():
        mailing(channel, "Новый сорт!")
        eventually(anna.texts, 60)
        anna.complains()
        soon(channel, lambda: Identity.objects.get().state != Identity.State.ACTIVE)


def test_a_letter_that_comes_back_was_not_delivered(channel: Channel, anna: Phone) -> None:
    anna.writes("Здравствуйте")
    talk = talk_with(channel, anna)
    anna.bounces()
    with a_sender():
        lost = say(talk, Content(text="Привет"))
        soon(channel, lambda: status_of(lost) == Status.UNREACHABLE)
    assert len(heard(channel)) == 1  # the postmaster is nobody to talk with


def test_who_is_on_holiday_starts_nothing(channel: Channel, anna: Phone) -> None:
    anna.writes("Здравствуйте")
    talk = talk_with(channel, anna)
    anna.auto_replies()
    with a_sender():
        say(talk, Content(text="Привет"))
        eventually(anna.texts, 60)
        soon(channel, lambda: InboundUpdate.objects.count() == 2)
        soon(channel, lambda: not InboundUpdate.objects.filter(state=InboundUpdate.State.STORED).exists())
    assert InboundUpdate.State.FAILED not in states(channel)
    assert len(heard(channel)) == 1


def states(channel: Channel) -> set[str]:
    with tenant(channel.workspace_id):
        return set(InboundUpdate.objects.values_list("state", flat=True))


def test_a_greylisted_letter_is_delivered_once(lab: Lab, channel: Channel, shop: Bot, anna: Phone) -> None:
    anna.writes("Здравствуйте")
    talk = talk_with(channel, anna)
    lab.misbehaves("server_error", bot=shop, method="send", times=1, status=450)
    with a_sender():
        message = say(talk, Content(text="Привет"))
        waiting = soon(channel, lambda: Message.objects.filter(pk=message.pk, status=Status.QUEUED, attempts=1).first())
        assert waiting.due_at > timezone.now() + timedelta(seconds=30)
        with tenant(channel.workspace_id):
            Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
        eventually(lambda: status_of(message) == Status.SENT, 60)
    assert len(anna.texts()) == 1
    assert not lab.account.twice(shop)


@pytest.mark.parametrize(("kind", "arrives"), [("drop_after", 1), ("drop_unhandled", 0)])
def test_a_line_that_breaks_after_the_last_dot_is_uncertain_and_not_tried_again(
    lab: Lab, channel: Channel, shop: Bot, anna: Phone, kind: str, arrives: int
) -> None:
    anna.writes("Здравствуйте")
    talk = talk_with(channel, anna)
    lab.misbehaves(kind, bot=shop, method="send", times=1, seconds=0)
    with a_sender():
        message = say(talk, Content(text="Привет"))
        eventually(lambda: status_of(message) == Status.UNCERTAIN, 60)
        second = say(talk, Content(text="Ещё"))
        eventually(lambda: status_of(second) == Status.SENT, 60)
    assert len(anna.texts()) == arrives + 1
    assert status_of(message) == Status.UNCERTAIN


@pytest.mark.parametrize(("answer", "status"), [("550 5.1.1 No such user", Status.UNREACHABLE)])
def test_an_address_that_is_none_is_unreachable(channel: Channel, anna: Phone, answer: str, status: Status) -> None:
    anna.writes("Здравствуйте")
    talk = talk_with(channel, anna)
    anna.refuses(answer)
    with a_sender():
        message = say(talk, Content(text="Привет"))
        eventually(lambda: status_of(message) == status, 60)


def test_a_password_that_works_no_more_breaks_the_channel(channel: Channel, shop: Bot, anna: Phone) -> None:
    anna.writes("Здравствуйте")
    talk = talk_with(channel, anna)
    shop.revoke()
    with a_sender():
        message = say(talk, Content(text="Привет"))
        eventually(lambda: fresh(channel).state == Channel.State.BROKEN, 60)
    assert fresh(channel).broken_reason == "token_revoked"
    assert status_of(message) == Status.QUEUED


def test_letters_are_heard_as_they_come(channel: Channel, anna: Phone) -> None:
    with listening(channel):
        for text in ("раз", "два"):
            anna.writes(text)
            soon(channel, lambda said=text: [one.text for one in heard(channel)][-1:] == [said], fetched_by_itself=True)  # type: ignore[misc]


def test_a_mailbox_that_moves_loses_and_doubles_nothing(channel: Channel, shop: Bot, anna: Phone) -> None:
    anna.writes("раз")
    soon(channel, lambda: len(heard(channel)) == 1)
    shop.moves()
    anna.writes("два", anew=True)
    soon(channel, lambda: len(heard(channel)) == 2, 40)
    assert [one.text for one in heard(channel)] == ["раз", "два"]


def test_a_new_password_keeps_the_key_that_signs_until_somebody_removes_it(workspace: Workspace, shop: Bot) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    how = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    channel = connected(workspace, shop, dkim_key=key.private_bytes(*how).decode(), dkim_selector="kaskad")
    with tenant(workspace):
        owner = a_client(a_member(workspace, Role.OWNER))
    place = f"/w/{workspace.slug}/channels/{channel.pk}/"
    assert "PRIVATE KEY" not in owner.get(place).content.decode()
    for form, is_kept in (({}, True), ({"forget_dkim_key": "on"}, False)):
        given = {**shop.credentials(), "password": shop.revoke(), "provider": "other", **form}
        page = owner.post(f"{place}keys/", given, follow=True, headers={"Accept-Language": "en"}).content.decode()
        assert "The new keys work" in page
        secrets = fresh(channel).secrets
        assert secrets["password"] == given["password"]
        assert bool(secrets.get("dkim_key")) is is_kept
        assert ("forget_dkim_key" in page) is is_kept


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"password": "no"}, "smtp_wrong_login"),
        ({"smtp_port": "1"}, "smtp_no_answer"),
        ({"imap_port": "1"}, "imap_no_answer"),
    ],
)
def test_why_a_mailbox_is_not_connected(workspace: Workspace, shop: Bot, wrong: dict[str, str], reason: str) -> None:
    with pytest.raises(channels.RefusedByMessengerError, match=reason):
        connected(workspace, shop, **wrong)
