"""A bot of Viber at work: what people write comes in by the door, what we say stands on their screens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from builders import a_user
from fake_messenger import a_sender, eventually
from lab.platforms.viber.bots import Bot
from lab.platforms.viber.phones import Phone
from lab.running import Lab
from lab.samples import sample
from messengers import batches, channels, fetching, inbox, media, outbox
from messengers.adapter import Reply
from messengers.adapters.viber import outcomes as viber_outcomes
from messengers.content import (
    Attachment,
    Card,
    Content,
    Location,
    ReplyButton,
    ShareLocationButton,
    SharePhoneButton,
    UrlButton,
)
from messengers.models import Channel, Conversation, Identity, InboundUpdate, Message
from messengers.registry import messenger
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def shop(lab: Lab) -> Bot:
    return lab.viber.new_bot("Shop")


def connected(workspace: Workspace, shop: Bot, **settings: Any) -> Channel:
    with tenant(workspace):
        return channels.connect("viber", "", settings, {"token": shop.token}, a_user(), practice=True)


@pytest.fixture
def channel(workspace: Workspace, shop: Bot, door: None) -> Channel:
    return connected(workspace, shop)


@pytest.fixture
def anna(lab: Lab, shop: Bot) -> Phone:
    return shop.phone(lab.viber.person("Анна Белова"))


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
        return talks.filter(identity__external_id=phone.chat.viber_id).first()

    talk: Conversation = handled(channel, found)
    return talk


def say(talk: Conversation, content: Content) -> Message:
    with tenant(talk.workspace_id):
        return outbox.enqueue(talk, content, source=Message.Source.MEMBER)


def status(message: Message) -> str:
    with tenant(message.workspace_id):
        return str(Message.objects.get(pk=message.pk).status)


def reason(message: Message) -> str:
    with tenant(message.workspace_id):
        return Message.objects.get(pk=message.pk).reason


def state(talk: Conversation) -> str:
    return str(Identity.objects.get(pk=talk.identity_id).state)


def heard(text: str) -> bool:
    return Message.objects.filter(direction="in", content__text=text).exists()


def a_file(kind: str) -> Attachment:
    given = sample(kind)
    return media.as_attachment(media.store(ContentFile(given.data, name=given.name)))


def test_a_talk_from_the_first_word_to_goodbye(channel: Channel, shop: Bot, anna: Phone, lab: Lab) -> None:
    assert (channel.name, channel.settings["uri"], channel.account) == ("Shop", "shop", f"pa:{shop.number}")
    assert shop.hook == channels.facts(channel).hook_url
    anna.start("promo_42")
    talk = talk_with(channel, anna)
    handled(channel, lambda: Conversation.objects.get(pk=talk.pk).context == {"start": "promo_42"})
    anna.writes("Привет")
    handled(channel, lambda: heard("Привет"))
    fetching.ask_profile(talk.identity_id, workspace_id=talk.workspace_id)
    with tenant(channel.workspace_id):
        identity = Identity.objects.select_related("contact").get(pk=talk.identity_id)
        assert (identity.contact.name, identity.contact.language) == ("Анна Белова", "ru")
        assert identity.profile["device_type"] == "Pixel"
        picture, notes = a_file("photo"), a_file("document")
    menu = [
        ReplyButton(id="yes", text="Да <3"),
        UrlButton(text="Сайт", url="https://ex.am/x"),
        SharePhoneButton(text="Мой номер"),
        ShareLocationButton(text="Где я"),
    ]
    with a_sender():
        shown = say(talk, Content(text="Вот", attachments=[picture, notes]))
        place = say(talk, Content(location=Location(latitude=55.75, longitude=37.61)))
        eventually(lambda: {status(shown), status(place)} <= {Status.SENT, Status.DELIVERED}, 20)
        asked = say(talk, Content(text="*Кофе* или чай?", buttons=menu))
        eventually(lambda: anna.buttons() == ["Да <3", "Сайт", "Мой номер", "Где я"], 20)
        assert anna.texts()[-1] == "Кофе или чай?"
        assert [one.kind for one in anna.messages() if not one.mine] == [
            "photo",
            "document",
            "text",
            "location",
            "text",
        ]
        assert anna.messages()[-1].told["keyboard"]
        anna.presses("Мой номер")
        anna.presses("Где я") if anna.chat.keyboard else None
        anna.presses("Да <3")
        handled(channel, lambda: heard("Да <3"))
        anna.reads()
        handled(channel, lambda: Message.objects.filter(direction="out", status=Status.READ).count() == 3)
        anna.blocks()
        handled(channel, lambda: state(talk) == Identity.State.BLOCKED)
        anna.writes("Передумала")
        handled(channel, lambda: state(talk) == Identity.State.ACTIVE)
    with tenant(channel.workspace_id):
        identity = Identity.objects.select_related("contact").get(pk=talk.identity_id)
        assert identity.contact.phone == anna.person.phone
        assert not InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED).exists()
        assert status(asked) == Status.READ
    assert not lab.account.twice(shop)


def test_who_opens_the_chat_is_welcomed_and_brings_the_payload_again_by_a_press(
    workspace: Workspace, shop: Bot, door: None, anna: Phone
) -> None:
    channel = connected(workspace, shop, welcome="Здравствуйте!", welcome_button="Начать")
    anna.start("promo_42")
    eventually(lambda: anna.texts() == ["Здравствуйте!"])
    talk = talk_with(channel, anna)
    with a_sender():
        early = say(talk, Content(text="Рано"))
        eventually(lambda: status(early) == Status.UNREACHABLE)
        assert reason(early) == "not_subscribed"
        anna.presses("Начать")
        handled(channel, lambda: state(talk) == Identity.State.ACTIVE)
        handled(channel, lambda: Conversation.objects.get(pk=talk.pk).context == {"start": "promo_42"})
        say(talk, Content(text="Вот теперь"))
        eventually(lambda: anna.texts() == ["Здравствуйте!", "Вот теперь"])


def test_what_people_send_is_fetched_and_cards_stand_side_by_side(channel: Channel, shop: Bot, anna: Phone) -> None:
    for kind in ("photo", "document"):
        anna.sends(kind)
    handled(channel, lambda: Message.objects.filter(direction="in").count() == 2)
    for workspace_id, media_id in fetching.due_files():
        fetching.fetch(media_id, workspace_id=workspace_id)
    with tenant(channel.workspace_id):
        said = [Content.model_validate(one.content) for one in Message.objects.filter(direction="in").order_by("pk")]
        picture = a_file("photo")
    assert [(file.kind.value, file.state) for one in said for file in one.attachments] == [
        ("image", "stored"),
        ("document", "stored"),
    ]
    buy = [ReplyButton(id="buy", text="Беру"), UrlButton(text="Ещё", url="https://ex.am/")]
    talk = talk_with(channel, anna)
    with a_sender():
        cards = say(
            talk, Content(cards=[Card(title="Раф", text="вкусно", image=picture, buttons=buy), Card(title="Чай")])
        )
        eventually(lambda: [one.kind for one in anna.messages() if not one.mine] == ["carousel"])
        anna.presses("Беру")
        handled(channel, lambda: heard("Беру"))
        anna.cannot_show("bad rich media")
        failed = say(talk, Content(cards=[Card(title="Раф", image=picture)]))
        handled(channel, lambda: Message.objects.get(pk=failed.pk).status == Status.REJECTED, 20)
    assert reason(failed) == "bad rich media"
    assert status(cards) in (Status.SENT, Status.DELIVERED)


@pytest.mark.parametrize(
    ("kind", "how", "ends"),
    [
        ("server_error", {"times": 2}, Status.DELIVERED),
        ("drop_before", {"times": 1}, Status.UNCERTAIN),
        ("drop_after", {"times": 1, "seconds": 0}, Status.UNCERTAIN),
    ],
)
def test_whatever_goes_wrong_nothing_arrives_twice(
    channel: Channel, shop: Bot, anna: Phone, lab: Lab, monkeypatch: pytest.MonkeyPatch,
    kind: str, how: dict[str, Any], ends: Status,
) -> None:  # fmt: skip
    monkeypatch.setattr(viber_outcomes, "TROUBLED", 0.05)
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    lab.misbehaves(kind, bot=shop, method="send_message", **how)
    with a_sender():
        first, second = (say(talk, Content(text=text)) for text in ("first", "second"))
        handled(channel, lambda: Message.objects.get(pk=second.pk).status == Status.DELIVERED, 30)
        handled(channel, lambda: Message.objects.get(pk=first.pk).status == ends, 30)
    assert not lab.account.twice(shop)


def test_a_hundred_unanswered_messages_wait_for_an_hour(channel: Channel, anna: Phone) -> None:
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    anna.chat.per_hour = 1
    with a_sender():
        sent, waits = say(talk, Content(text="first")), say(talk, Content(text="second"))
        eventually(lambda: reason(waits) == "too_many_unanswered", 20)
    with tenant(channel.workspace_id):
        message = Message.objects.get(pk=waits.pk)
        assert message.status == Status.QUEUED
        assert (message.due_at - message.created_at).total_seconds() > 3500
        assert Channel.objects.get(pk=channel.pk).paused_until is None, "others are written to"
    assert status(sent) in (Status.SENT, Status.DELIVERED)


def test_a_dead_token_breaks_the_channel_and_keeps_what_waits(channel: Channel, anna: Phone, shop: Bot) -> None:
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    shop.revoke()
    with a_sender():
        kept = say(talk, Content(text="Привет"))
        eventually(lambda: _state(channel) == Channel.State.BROKEN)
    assert status(kept) == Status.QUEUED
    with tenant(channel.workspace_id):
        channels.change(channel, a_user(), secrets={"token": shop.token})
    with a_sender():
        eventually(lambda: anna.texts() == ["Привет"])
    anna.writes("Слышно?")
    handled(channel, lambda: heard("Слышно?"))


def _state(channel: Channel) -> str:
    with tenant(channel.workspace_id):
        return str(Channel.objects.get(pk=channel.pk).state)


def test_a_mailing_leaves_in_one_call_unless_its_buttons_answer(
    workspace: Workspace, shop: Bot, door: None, lab: Lab
) -> None:
    channel = connected(workspace, shop, broadcasts=True)
    phones = [shop.phone(lab.viber.person(f"Гость {number}")) for number in range(20)]
    for phone in phones:
        phone.writes("Привет")
    handled(channel, lambda: Conversation.objects.count() == 20, 30)
    lab.misbehaves("hook_lost", bot=shop, times=1)
    phones[0].blocks()
    with tenant(workspace):
        ids = list(Conversation.objects.values_list("pk", flat=True))
        batch = batches.begin()
        for text, button in (
            ("Скидка", UrlButton(text="Сайт", url="https://ex.am/")),
            ("Кофе?", ReplyButton(id="y", text="Да")),
        ):
            batches.fill(
                batch, batches.vary(batch, Content(text=text, buttons=[button])), ids, source=Message.Source.BROADCAST
            )
    with a_sender():
        eventually(lambda: len(lab.account.sent(shop)) == 38, 40)
    assert lab.account.count(shop, method="broadcast_message") < 10
    assert not lab.account.twice(shop)
    phones[1].presses("Да")
    handled(channel, lambda: heard("Да"))
    phones[1].reads()
    with tenant(workspace):
        theirs = Message.objects.filter(identity__external_id=phones[1].chat.viber_id, direction="out")
        lost = Message.objects.filter(identity__external_id=phones[0].chat.viber_id, direction="out")
        assert {one.status for one in lost} <= {Status.UNREACHABLE, Status.CANCELED}
    handled(channel, lambda: {one.status for one in theirs.all()} == {Status.READ})
    with tenant(workspace):
        assert Message.objects.filter(status=Status.READ).count() == 2, "one token for many: only the reader's count"


def test_why_a_bot_is_not_connected(workspace: Workspace, shop: Bot, door: None, settings: Any) -> None:
    def refused(token: str) -> str:
        with tenant(workspace), pytest.raises(channels.RefusedByMessengerError) as caught:
            channels.connect("viber", "", {}, {"token": token}, a_user(), practice=True)
        return str(caught.value)

    assert "wrong_token" in refused("445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9")
    shop.ground.do(lambda: setattr(shop, "blocked", True))
    assert "bot_blocked" in refused(shop.token)
    shop.ground.do(lambda: setattr(shop, "blocked", False))
    settings.BASE_URL = "http://127.0.0.1:9"
    assert "hook_refused" in refused(shop.token)


def test_another_programs_webhook_is_not_ours_and_links_carry_a_payload(channel: Channel, shop: Bot) -> None:
    adapter = messenger("viber")
    with tenant(channel.workspace_id):
        facts = channels.facts(channel)
    shop.stolen_by("http://thief.example/")
    steps = adapter.hook(facts)
    next(steps)
    with pytest.raises(StopIteration) as told:
        steps.send(Reply(200, b'{"status":0,"id":"pa:1","webhook":"http://thief.example/","event_types":[]}'))
    assert not told.value.value.is_ours
    assert adapter.deep_link(facts, "a b") == "viber://pa?chatURI=shop&context=a%20b"
