"""A community of VK at work: what people write comes in by the door or is fetched, what we say stands there."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from builders import a_user
from fake_messenger import a_sender, eventually
from lab.platforms.vk.communities import Community
from lab.platforms.vk.phones import Phone
from lab.running import Lab
from lab.samples import sample
from messengers import batches, channels, corrections, fetching, inbox, media, outbox, polling
from messengers.adapters.vk import outcomes as vk_outcomes
from messengers.content import Attachment, Card, Content, Location, ReplyButton, UrlButton
from messengers.models import Channel, Conversation, Identity, InboundUpdate, Message
from messengers.statuses import Status
from workspaces.models import User, Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def shop(lab: Lab) -> Community:
    return lab.vk.new_bot("Shop")


@pytest.fixture
def channel(workspace: Workspace, shop: Community, door: None) -> Channel:
    with tenant(workspace):
        return channels.connect("vk", "", {}, {"token": shop.token}, a_user(), practice=True)


@pytest.fixture
def anna(lab: Lab, shop: Community) -> Phone:
    return shop.phone(lab.vk.person("Анна Белова", username="anna"))


def handled(channel: Channel, condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Do a worker's work until a condition holds in the workspace; return what it comes to."""

    def worked() -> Any:
        inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=1)
        with tenant(channel.workspace_id):
            return condition()

    return eventually(worked, seconds)


def talk_with(channel: Channel, phone: Phone) -> Conversation:
    """The talk with somebody who has come in."""

    def found() -> Conversation | None:
        talks = Conversation.objects.select_related("identity", "contact", "channel")
        return talks.filter(identity__external_id=phone.person.key).first()

    talk: Conversation = handled(channel, found)
    return talk


def say(talk: Conversation, content: Content, author: User | None = None) -> Message:
    with tenant(talk.workspace_id):
        return outbox.enqueue(talk, content, source=Message.Source.MEMBER, author=author)


def status(message: Message) -> str:
    with tenant(message.workspace_id):
        return str(Message.objects.get(pk=message.pk).status)


def reason(message: Message) -> str:
    with tenant(message.workspace_id):
        return Message.objects.get(pk=message.pk).reason


def heard() -> list[Content]:
    rows = Message.objects.filter(direction="in").order_by("pk")
    return [Content.model_validate(message.content) for message in rows]


def a_file(kind: str) -> Attachment:
    given = sample(kind)
    return media.as_attachment(media.store(ContentFile(given.data, name=given.name)))


def test_a_talk_from_start_to_goodbye(channel: Channel, shop: Community, anna: Phone, lab: Lab) -> None:
    assert (channel.name, channel.settings["screen_name"], channel.account) == ("Shop", shop.key, str(shop.id))
    assert shop.hook_url == channels.facts(channel).hook_url
    anna.start("promo_42", "qr")
    talk = talk_with(channel, anna)
    assert talk.context == {"start": "promo_42", "ref_source": "qr"}
    fetching.ask_profile(talk.identity_id, workspace_id=talk.workspace_id)
    with tenant(channel.workspace_id):
        identity = Identity.objects.select_related("contact").get(pk=talk.identity_id)
        assert (identity.contact.name, identity.contact.language) == ("Анна Белова", "ru")
        assert identity.profile["city"] == "Москва"
        picture = a_file("photo")
    menu = [ReplyButton(id="yes", text="Да"), UrlButton(text="Сайт", url="https://ex.am/x")]
    with a_sender():
        asked = say(talk, Content(text="*Кофе* или чай?", buttons=menu))
        place = say(talk, Content(location=Location(latitude=55.75, longitude=37.61, title="Кафе")))
        shown = [say(talk, Content(text=f"Вот {number}", attachments=[picture])) for number in (1, 2)]
        eventually(lambda: {status(one) for one in (asked, place, *shown)} == {Status.SENT}, 20)
        assert anna.texts() == ["Кофе или чай?", "Кафе", "Вот 1", "Вот 2"]
        assert [one.kind for one in anna.messages()][-3:] == ["location", "photo", "photo"]
        assert lab.account.count(shop, method="photos.saveMessagesPhoto") == 1, "it goes up once"
        anna.presses("Да")
        pressed = handled(channel, lambda: Message.objects.filter(direction="in", content__text="Да").first())
        assert pressed
        eventually(lambda: len(anna.chat.answered) == 1)
        anna.reads()
        handled(channel, lambda: Message.objects.filter(status=Status.READ).count() == 4)
        shop.administrator_writes(anna.person, "Уже везу")
        typed = handled(channel, lambda: Message.objects.filter(content__text="Уже везу").first())
        assert (typed.direction, typed.source) == ("out", Message.Source.MEMBER)
        with tenant(channel.workspace_id):
            assert Message.objects.filter(direction="out").count() == 5, "our own words do not come back"
        anna.blocks()
        handled(channel, lambda: Identity.objects.get(pk=talk.identity_id).state == Identity.State.BLOCKED)
        anna.writes("Передумала")
        handled(channel, lambda: Identity.objects.get(pk=talk.identity_id).state == Identity.State.ACTIVE)
        with tenant(channel.workspace_id):
            assert not InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED).exists()
    assert not lab.account.twice(shop)


def test_what_people_send_is_fetched(channel: Channel, anna: Phone) -> None:
    anna.start()
    for kind in ("photo", "document", "voice"):
        anna.sends(kind)
    number = anna.writes("два")
    anna.edits(number, "три")
    handled(channel, lambda: [content.text for content in heard()] == ["", "", "", "три"])
    for workspace_id, media_id in fetching.due_files():
        fetching.fetch(media_id, workspace_id=workspace_id)
    with tenant(channel.workspace_id):
        files = [file for content in heard() for file in content.attachments]
    assert [(file.kind.value, file.state) for file in files] == [
        ("image", "stored"),
        ("document", "stored"),
        ("voice", "stored"),
    ]


def test_cards_are_a_carousel_where_they_are_alike(channel: Channel, anna: Phone) -> None:
    anna.start()
    talk = talk_with(channel, anna)
    with tenant(channel.workspace_id):
        picture = a_file("photo")
    buy = [ReplyButton(id="buy", text="Беру")]
    cards = [Card(title=title, text="вкусно", image=picture, buttons=buy) for title in ("Раф", "Флэт")]
    with a_sender():
        alike = say(talk, Content(cards=cards))
        eventually(lambda: status(alike) == Status.SENT, 20)
        other = say(talk, Content(cards=[cards[0], Card(title="Чай")]))
        eventually(lambda: status(other) == Status.SENT, 20)
    assert [one.kind for one in anna.messages() if not one.mine] == ["carousel", "photo", "text"]


def test_sent_messages_are_changed_and_taken_back(channel: Channel, anna: Phone) -> None:
    anna.start()
    talk, author = talk_with(channel, anna), a_user()
    with a_sender():
        sent = say(talk, Content(text="два"), author)
        eventually(lambda: status(sent) == Status.SENT)
    with tenant(channel.workspace_id):
        corrections.edit(Message.objects.get(pk=sent.pk), Content(text="три"), author)
    assert anna.texts() == ["три"]
    with tenant(channel.workspace_id):
        corrections.delete(Message.objects.get(pk=sent.pk), author)
    assert anna.texts() == []


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("too_many", {"times": 1}),
        ("server_error", {"times": 2}),
        ("drop_unhandled", {"times": 1}),
        ("drop_after", {"times": 2, "seconds": 0}),
    ],
)
def test_whatever_goes_wrong_a_message_arrives_once(
    channel: Channel, shop: Community, anna: Phone, lab: Lab, monkeypatch: pytest.MonkeyPatch,
    kind: str, how: dict[str, Any],
) -> None:  # fmt: skip
    monkeypatch.setattr(vk_outcomes, "TROUBLED", 0.05)
    anna.start()
    talk = talk_with(channel, anna)
    lab.misbehaves(kind, bot=shop, method="messages.send", **how)
    with a_sender():
        first, second = (say(talk, Content(text=text)) for text in ("first", "second"))
        eventually(lambda: status(first) == status(second) == Status.SENT, 30)
    assert anna.texts() == ["first", "second"]
    assert not lab.account.twice(shop)


def test_who_has_forbidden_it_is_not_written_to(channel: Channel, anna: Phone, shop: Community, lab: Lab) -> None:
    anna.start()
    talk = talk_with(channel, anna)
    lab.misbehaves("hook_lost", bot=shop)
    anna.blocks()
    with a_sender():
        lost = say(talk, Content(text="Привет"))
        eventually(lambda: status(lost) == Status.UNREACHABLE)
    assert reason(lost) == "not_allowed"
    with tenant(channel.workspace_id):
        assert Identity.objects.get(pk=talk.identity_id).state == Identity.State.BLOCKED


def test_a_dead_token_breaks_the_channel_and_keeps_what_waits(channel: Channel, anna: Phone, shop: Community) -> None:
    anna.start()
    talk = talk_with(channel, anna)
    shop.revoke()
    with a_sender():
        kept = say(talk, Content(text="Привет"))
        eventually(lambda: _state(channel) == Channel.State.BROKEN)
    assert status(kept) == Status.QUEUED
    with tenant(channel.workspace_id):
        channels.change(channel, a_user(), secrets={"token": shop.token})
    with a_sender():
        eventually(lambda: status(kept) == Status.SENT)
    anna.writes("Слышно?")
    handled(channel, lambda: Message.objects.filter(content__text="Слышно?").exists())


def _state(channel: Channel) -> str:
    with tenant(channel.workspace_id):
        return str(Channel.objects.get(pk=channel.pk).state)


def test_a_mailing_leaves_twenty_five_at_a_time_and_nobody_gets_it_twice(
    channel: Channel, shop: Community, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vk_outcomes, "TROUBLED", 0.05)
    phones = [shop.phone(lab.vk.person(f"Гость {number}")) for number in range(60)]
    for phone in phones:
        phone.start()
    handled(channel, lambda: Conversation.objects.count() == 60, 30)
    lab.misbehaves("hook_lost", bot=shop)
    phones[0].blocks()
    lab.misbehaves("drop_after", bot=shop, method="execute", times=1, seconds=0)
    with tenant(channel.workspace_id):
        ids = list(Conversation.objects.values_list("pk", flat=True))
        batch = batches.begin()
        variant = batches.vary(batch, Content(text="Скидка для вас, {{ name }}!"))
        batches.fill(batch, variant, ids, source=Message.Source.BROADCAST)
        batches.seal(batch)
    began = time.monotonic()
    with a_sender():
        eventually(lambda: len(lab.account.sent(shop)) == 59, 30)
    assert time.monotonic() - began < 20
    assert not lab.account.twice(shop)
    assert lab.account.count(shop, method="execute") < 30


def test_a_community_without_an_address_is_listened_to(workspace: Workspace, shop: Community, anna: Phone) -> None:
    with tenant(workspace):
        channel = channels.connect("vk", "", {}, {"token": shop.token}, a_user(), practice=True, polls=True)
    stop = threading.Event()

    def handle(channel_id: int, workspace_id: int) -> None:
        while inbox.process_waiting(channel_id, workspace_id=workspace_id, seconds=5):
            pass

    def listen() -> None:
        import asyncio

        asyncio.run(polling.Listener(handle, seconds=600).run(stop.is_set))

    def texts() -> list[str]:
        with tenant(workspace):
            return [content.text for content in heard()]

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        eventually(lambda: _cursor(channel))
        anna.start()
        anna.writes("раз")
        eventually(lambda: texts() == ["раз"])
        shop.ground.do(lambda: shop.events.long_poll.forget(key=True))
        anna.writes("два")
        eventually(lambda: texts() == ["раз", "два"])
        talk = talk_with(channel, anna)
        with a_sender():
            say(talk, Content(text="Ну?", buttons=[ReplyButton(id="yes", text="Да")]))
            eventually(anna.buttons)
        anna.presses("Да")
        eventually(lambda: texts()[-1] == "Да" and len(anna.chat.answered) == 1)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def _cursor(channel: Channel) -> str:
    with tenant(channel.workspace_id):
        return Channel.objects.get(pk=channel.pk).poll_cursor


def test_why_a_community_is_not_connected(workspace: Workspace, shop: Community, settings: Any) -> None:
    def refused(**how: Any) -> str:
        with tenant(workspace), pytest.raises(channels.RefusedByMessengerError) as caught:
            channels.connect("vk", "", {}, {"token": how.get("token", shop.token)}, a_user(), practice=True)
        return caught.value.reason

    settings.BASE_URL = "http://127.0.0.1:1"  # where nobody answers VK's check
    assert refused(token="x" * 60) == "wrong_token"
    assert refused() == "hook_refused"
    assert not shop.events.servers
    shop.grants("messages")
    assert refused() == "no_right_manage"
    shop.grants("messages", "manage", "photos", "docs")
    shop.locks_bot_features()
    assert refused() == "bot_features_off"
    with tenant(workspace):
        assert not Channel.objects.exists()
