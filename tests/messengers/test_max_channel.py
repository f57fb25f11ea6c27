"""A bot of MAX at work: what people write comes in by the door or is fetched, what we say stands on their phones."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.base import ContentFile

from builders import a_user
from fake_messenger import a_sender, eventually
from lab.platforms.max.bots import Bot
from lab.platforms.max.phones import Phone
from lab.running import Lab
from lab.samples import sample
from messenger_tables.max import HELLO, TABLES, asks, out, refused, told
from messenger_tables.max_webhooks import pressed
from messengers import channels, corrections, fetching, inbox, media, outbox, polling, registry, watchdog
from messengers.adapter import (
    ChannelFacts,
    HookState,
    HttpCall,
    IncomingRequest,
    RefusedError,
    Rejected,
    Reply,
    Sent,
    Steps,
)
from messengers.adapters.max import outcomes as max_outcomes
from messengers.adapters.max.account import secret
from messengers.content import Attachment, Content, Location, ReplyButton, SharePhoneButton, UrlButton
from messengers.models import Channel, Conversation, Identity, InboundUpdate, Message
from messengers.statuses import Status
from workspaces.models import User, Workspace
from workspaces.scope import tenant

MAX = registry.messenger("max")
URL = "https://kaskad.example/hooks/max/key"
FACTS = ChannelFacts("key", TABLES.settings, TABLES.secrets, URL)
FETCHING = ChannelFacts("key", TABLES.settings, TABLES.secrets, polls=True)


# ---- what is asked beside messages


def run(steps: Steps[Any], *replies: Reply) -> tuple[list[Any], Any]:
    """Answer the steps' calls; return the calls and the result, or the reason for which there is none."""
    made, left = [], iter(replies)
    try:
        call = next(steps)
        while True:
            made.append(call)
            call = steps.send(next(left))
    except StopIteration as end:
        return made, end.value
    except ValueError as error:
        return made, str(error)


DONE = told({"success": True})
WHOSE = told({"user_id": 9, "first_name": "Shop", "username": "shop_bot", "full_avatar_url": "https://i.oneme.ru/f"})


def addresses(*urls: str) -> Reply:
    return told({"subscriptions": [{"url": url, "time": 1, "update_types": None} for url in urls]})


def test_its_news_are_posted_to_us_with_a_secret() -> None:
    calls, came = run(MAX.connect(FACTS), WHOSE, DONE)
    assert [call.url.partition(".ru")[2] for call in calls] == ["/me", "/subscriptions"]
    wanted = calls[1].json
    assert (wanted["url"], wanted["secret"]) == (URL, secret(FACTS))
    assert (came.name, came.account, came.facts["username"]) == ("Shop", "9", "shop_bot")
    MAX.verify(FACTS, IncomingRequest("POST", {"x-max-bot-api-secret": secret(FACTS)}, {}, b""))
    for given in ({}, {"X-Max-Bot-Api-Secret": ""}, {"X-Max-Bot-Api-Secret": "ÿ"}):
        with pytest.raises(RefusedError, match="wrong_secret"):
            MAX.verify(FACTS, IncomingRequest("POST", given, {}, b""))


def test_who_fetches_takes_every_address_down() -> None:
    calls, _ = run(MAX.connect(FETCHING), WHOSE, addresses("https://a.b/c?d"), DONE)
    assert calls[-1] == replace(asks("DELETE", "/subscriptions", url="https://a.b/c?d"), timeout=10)


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([refused(401, "verify.token")], "wrong_token"),
        ([Reply(0, written=False)], "no_answer"),
        ([Reply(0, written=False, fault="[SSL: CERTIFICATE_VERIFY_FAILED] certificate")], "certificate_unknown"),
        ([refused(429, "too.many.requests")], "too_many_requests"),
        ([told({"user": "?"})], "no_answer"),
        ([WHOSE, refused(400, "proto.payload", "url: must be https")], "hook_refused"),
        ([WHOSE, told({"success": False, "message": "No"})], "hook_refused"),
        ([WHOSE, Reply(502)], "no_answer"),
    ],
)
def test_why_it_cannot_be_connected(replies: list[Reply], reason: str) -> None:
    assert run(MAX.connect(FACTS), *replies)[1] == reason


def test_it_says_where_its_news_go() -> None:
    def asked(facts: ChannelFacts, *urls: str) -> HookState:
        state: HookState = run(MAX.hook(facts), addresses(*urls))[1]
        return state

    assert asked(FACTS, "https://other.example", URL) == HookState(URL, is_ours=True)
    assert asked(FACTS) == HookState("", is_ours=False), "MAX has dropped it"
    assert asked(FACTS, "https://other.example") == HookState("", is_ours=False), "which takes nothing from us"
    assert asked(FETCHING) == HookState("", is_ours=True)
    assert asked(FETCHING, "https://other.example") == HookState("https://other.example", is_ours=False)


def test_it_takes_down_its_own_address_alone() -> None:
    assert len(run(MAX.disconnect(FACTS), addresses("https://other.example"))[0]) == 1
    assert run(MAX.disconnect(FACTS), addresses(URL), DONE)[0][1].method == "DELETE"
    assert run(MAX.disconnect(FACTS), refused(401, "verify.token"))[1] is None


@pytest.mark.parametrize(
    ("reply", "came"),
    [
        (told({"updates": [{"a": 1}], "marker": 8}), ([{"a": 1}], "8")),
        (told({"updates": [], "marker": None}), ([], "7")),
        (refused(405, "method.not.allowed"), "hook_set"),
        (refused(401, "verify.token"), "wrong_token"),
    ],
)
def test_news_are_fetched_from_where_we_were(reply: Reply, came: Any) -> None:
    (call,), news = run(MAX.poll(FETCHING, "7", 60), reply)
    assert "marker=7&timeout=30" in call.url
    assert (news if isinstance(came, str) else (list(news.bodies), news.cursor)) == came


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (DONE, Sent("mid.1")),
        (told({"success": False, "message": "too old"}), Rejected("too old")),
        (refused(400, "proto.payload", "bad"), Rejected("bad")),
    ],
)
def test_a_message_is_changed_and_taken_back(reply: Reply, outcome: Any) -> None:
    for steps in (MAX.edit(FACTS, out(HELLO), "mid.1"), MAX.delete(FACTS, "777", "mid.1")):
        assert run(steps, reply)[1] == outcome
    assert run(MAX.delete(FACTS, "777", "mid.1"), refused(404, "message.not.found"))[1] == Sent("mid.1")
    assert run(MAX.edit(FACTS, out(HELLO), ""))[1] == run(MAX.delete(FACTS, "7", ""))[1] == Rejected("unknown_message")


def test_a_press_is_answered_and_a_link_brings_its_payload() -> None:
    call = MAX.answer(FACTS, pressed())
    assert call == asks("POST", "/answers", {"notification": "✓"}, callback_id="f9")
    for odd in ({}, {"callback": 1}, {"callback": {"callback_id": 5}}, {"callback": {"callback_id": "\ud83d"}}):
        assert MAX.answer(FACTS, odd) is None
    assert MAX.deep_link(FACTS, "a b") == "https://max.ru/shop_bot?start=a%20b"
    assert MAX.deep_link(FACTS, "x" * 513) is None


def test_a_film_is_found_by_its_token_and_nothing_on_this_machine_is() -> None:
    urls = {"mp4_360": "https://v/s", "mp4_1080": "https://v/l", "hls": "https://v/h", "mp4_2160": None}
    _, call = run(MAX.locate(FACTS, "video:a/b"), told({"urls": urls}))
    assert call == HttpCall("GET", "https://v/l", timeout=60)
    assert run(MAX.locate(FACTS, "video:a"), told({"urls": None}))[1] == "file_gone"
    assert run(MAX.locate(FACTS, "http://127.0.0.1/secret"))[1] == "file_gone"


# ---- a bot in the lab


@pytest.fixture
def shop(lab: Lab) -> Bot:
    return lab.max.new_bot("Shop")


@pytest.fixture
def channel(workspace: Workspace, shop: Bot, door: None) -> Channel:
    with tenant(workspace):
        return channels.connect("max", "", {}, {"token": shop.token}, a_user(), practice=True)


@pytest.fixture
def anna(lab: Lab, shop: Bot) -> Phone:
    return shop.phone(lab.max.person("Анна Белова", username="anna", phone="+79991234567"))


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


def fate(message: Message) -> tuple[str, str]:
    with tenant(message.workspace_id):
        row = Message.objects.get(pk=message.pk)
        return row.status, row.reason


def a_file(kind: str) -> Attachment:
    given = sample(kind)
    return media.as_attachment(media.store(ContentFile(given.data, name=given.name)))


@pytest.mark.usefixtures("committed_db")
def test_a_talk_from_start_to_goodbye(channel: Channel, shop: Bot, anna: Phone, lab: Lab) -> None:
    assert (channel.name, channel.settings["username"], channel.account) == ("Shop", shop.key, str(shop.id))
    assert shop.hook_url == channels.facts(channel).hook_url
    anna.start("promo_42")
    talk = talk_with(channel, anna)
    assert (talk.contact.name, talk.contact.language, talk.context) == ("Анна Белова", "ru", {"start": "promo_42"})
    with tenant(channel.workspace_id):
        picture, papers = a_file("photo"), a_file("document")
    menu = [ReplyButton(id="yes", text="Да"), UrlButton(text="Сайт", url="https://ex.am/x")]
    with a_sender():
        asked = say(talk, Content(text="*Кофе* или <чай>?", buttons=[*menu, SharePhoneButton(text="Мой номер")]))
        place = say(talk, Content(location=Location(latitude=55.75, longitude=37.61, title="Кафе")))
        shown = [say(talk, Content(text=f"Вот {number}", attachments=[picture])) for number in (1, 2)]
        paper = say(talk, Content(text="Меню", attachments=[papers], buttons=[ReplyButton(id="more", text="Ещё")]))
        eventually(lambda: {fate(one)[0] for one in (asked, place, *shown, paper)} == {Status.SENT}, 20)
        assert anna.texts() == ["Кофе или <чай>?", "Кафе", "Вот 1", "Вот 2", "Меню"]
        assert [one.kind for one in anna.messages()] == ["text", "location", "photo", "photo", "document"]
        assert anna.messages()[0].told["body"]["markup"] == [{"type": "strong", "from": 0, "length": 4}]
        assert lab.account.count(shop, method="upload") == 2, "each file goes up once"
        anna.presses("Да")
        assert handled(channel, lambda: Message.objects.filter(direction="in", content__text="Да").first())
        eventually(lambda: anna.toast)
        anna.presses("Мой номер")
        handled(channel, lambda: Conversation.objects.get(pk=talk.pk).contact.phone == "+79991234567")
        anna.blocks()
        handled(channel, lambda: Identity.objects.get(pk=talk.identity_id).state == Identity.State.BLOCKED)
        anna.unblocks()
        handled(channel, lambda: Identity.objects.get(pk=talk.identity_id).state == Identity.State.ACTIVE)
        with tenant(channel.workspace_id):
            assert not InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED).exists()
    assert not lab.account.twice(shop)


@pytest.mark.usefixtures("committed_db")
def test_what_people_send_is_fetched_and_what_they_take_back_is_gone(channel: Channel, anna: Phone) -> None:
    anna.start()
    for kind in ("photo", "document", "voice", "video"):
        anna.sends(kind)
    anna.location()
    number, other = anna.writes("два"), anna.writes("Ой")
    anna.edits(number, "три")
    anna.deletes(other)
    with tenant(channel.workspace_id):
        heard = Message.objects.filter(direction="in").order_by("pk")
    handled(channel, lambda: heard.count() == 7 and heard.get(content__text="три") and heard[6].deleted_at)
    for workspace_id, media_id in fetching.due_files():
        fetching.fetch(media_id, workspace_id=workspace_id)
    with tenant(channel.workspace_id):
        files = [
            file for one in heard for file in Content.model_validate(one.content).attachments if not one.deleted_at
        ]
    assert [file.kind for file in files] == ["image", "document", "voice", "video"]
    assert {file.state for file in files} == {"stored"}


@pytest.mark.usefixtures("committed_db")
def test_what_goes_wrong_on_the_way(
    channel: Channel, shop: Bot, anna: Phone, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(max_outcomes, "TROUBLED", 0.05)
    monkeypatch.setattr(max_outcomes, "DIGESTING", 0.05)
    anna.start()
    talk = talk_with(channel, anna)
    shop.digests(2)
    with tenant(channel.workspace_id):
        film = a_file("video")
    with a_sender():
        late = say(talk, Content(text="Фильм", attachments=[film]))
        eventually(lambda: fate(late)[0] == Status.SENT, 20)
        assert lab.account.count(shop, method="POST messages") == 3, "refused while it was looked through"
        assert lab.account.count(shop, method="upload") == 1, "and not brought up again"
        lab.misbehaves("server_error", bot=shop, method="POST messages", times=1)
        again = say(talk, Content.plain("Раз"))
        eventually(lambda: fate(again)[0] == Status.SENT, 20)
        lab.misbehaves("drop_after", bot=shop, method="POST messages", times=1, seconds=0)
        cut = say(talk, Content.plain("Два"))
        eventually(lambda: fate(cut)[0] == Status.UNCERTAIN, 20)
        lab.misbehaves("too_many", bot=shop, method="POST messages", times=1, seconds=1)
        began = time.monotonic()
        waited = say(talk, Content.plain("Три"))
        eventually(lambda: fate(waited)[0] == Status.SENT, 20)
        assert time.monotonic() - began >= 1, "as long as MAX bade"
        anna.chat.blocked = True  # and MAX has not told us
        gone = say(talk, Content.plain("Четыре"))
        eventually(lambda: fate(gone) == (Status.UNREACHABLE, "blocked"), 20)
        anna.start()
        handled(channel, lambda: Identity.objects.get(pk=talk.identity_id).state == Identity.State.ACTIVE)
        shop.revoke()
        stuck = say(talk, Content.plain("Пять"))
        handled(channel, lambda: Channel.objects.get(pk=channel.pk).state == Channel.State.BROKEN)
        assert fate(stuck)[0] == Status.QUEUED, "it waits until the channel is mended"
    assert anna.texts() == ["Фильм", "Раз", "Два", "Три"]
    assert not lab.account.twice(shop)


@pytest.mark.usefixtures("committed_db")
def test_it_changes_what_was_said_and_an_address_that_max_dropped_is_set_again(
    channel: Channel, shop: Bot, anna: Phone
) -> None:
    anna.start()
    talk = talk_with(channel, anna)
    author = a_user()
    with a_sender():
        sent = say(talk, Content(text="Цена 10"), author)
        eventually(lambda: fate(sent)[0] == Status.SENT, 20)
    with tenant(channel.workspace_id):
        corrections.edit(Message.objects.get(pk=sent.pk), Content(text="Цена *11*"), author)
    assert [(one.text, one.edited) for one in anna.messages()] == [("Цена 11", True)]
    with tenant(channel.workspace_id):
        corrections.delete(Message.objects.get(pk=sent.pk), author)
    assert anna.texts() == []
    shop.drops_hooks()
    watchdog.watch(channel.pk, workspace_id=channel.workspace_id)
    assert shop.hook_url == channels.facts(channel).hook_url
    anna.writes("Вы тут?")
    handled(channel, lambda: Message.objects.filter(content__text="Вы тут?").exists())
    with tenant(channel.workspace_id):
        channels.disconnect(Channel.objects.get(pk=channel.pk), a_user())
    assert shop.hook_url == ""


@pytest.mark.usefixtures("committed_db")
def test_news_are_fetched_where_there_is_no_public_address(workspace: Workspace, shop: Bot, anna: Phone) -> None:
    import asyncio

    with tenant(workspace):
        channel = channels.connect("max", "", {}, {"token": shop.token}, a_user(), practice=True, polls=True)
    stop = threading.Event()
    listener = polling.Listener(lambda *_: None, seconds=600)
    thread = threading.Thread(target=lambda: asyncio.run(listener.run(stop.is_set)))
    thread.start()
    try:
        anna.writes("Раз")
        handled(channel, lambda: Message.objects.filter(content__text="Раз").exists())
        for number in range(20):
            anna.writes(str(number))
        handled(channel, lambda: Message.objects.filter(direction="in").count() == 21)
    finally:
        stop.set()
        anna.writes("Пока")
        thread.join(20)
    assert not thread.is_alive()
