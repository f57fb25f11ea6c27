"""A Page of Facebook at work: what people write comes in by the door, what we say stands on their phones."""

from datetime import timedelta
from typing import Any

import pytest

from builders import a_user
from fake_messenger import a_sender, eventually
from lab.platforms.meta.accounts import Bot
from lab.platforms.meta.phones import Phone
from lab.running import Lab
from messengers import channels, fetching, practice
from messengers.content import Card, Content, Location, ReplyButton, UrlButton
from messengers.models import Channel, Conversation, Identity, InboundUpdate, Message
from messengers.statuses import Status
from meta_at_work import a_channel, a_file, all_sent, fate, handled, heard, say, talk_with
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("door")

YES = ReplyButton(id="yes", text="Да")
SITE = UrlButton(text="Сайт", url="https://ex.am/x")  # type: ignore[arg-type]


@pytest.fixture
def shop(lab: Lab) -> Bot:
    return lab.messenger.new_bot("Shop")


@pytest.fixture
def channel(workspace: Workspace, shop: Bot) -> Channel:
    return a_channel(workspace, shop)


@pytest.fixture
def anna(lab: Lab, shop: Bot) -> Phone:
    return shop.phone(lab.messenger.person("Анна Белова"))


def test_a_talk_from_start_to_goodbye(channel: Channel, shop: Bot, anna: Phone, lab: Lab) -> None:
    assert (channel.name, channel.settings["username"], channel.account) == ("Shop", shop.key, shop.page_id)
    assert channels.ask_hook(channel)["is_ours"]
    anna.start("promo_42")
    talk = talk_with(channel, anna)
    assert talk.context == {"start": "promo_42", "source": "SHORTLINK", "type": "OPEN_THREAD"}
    fetching.ask_profile(talk.identity_id, workspace_id=talk.workspace_id)
    with tenant(channel.workspace_id):
        assert Identity.objects.select_related("contact").get(pk=talk.identity_id).contact.name == "Анна Белова"
    picture = a_file(channel, "photo")
    with a_sender():
        shown = [say(talk, Content(text=f"Вот {number}", attachments=[picture])) for number in (1, 2)]
        several = say(talk, Content(text="Или сайт?", buttons=[ReplyButton(id="no", text="Нет"), SITE]))
        place = say(talk, Content(location=Location(latitude=55.75, longitude=37.61, title="Кафе")))
        asked = say(talk, Content(text="*Кофе* или чай?", buttons=[YES, ReplyButton(id="tea", text="Чай")]))
        eventually(all_sent(*shown, several, place, asked), 20)
        *first, at = anna.texts()[:4]
        assert (first, at.partition(":")[0]) == (["Вот 1", "Вот 2", "Или сайт?"], "Кафе")
        assert [one.kind for one in anna.messages() if one.kind != "text"] == ["photo", "photo", "template"]
        assert lab.account.count(shop, method="message_attachments") == 1, "it goes up once"
        assert anna.presses("Сайт") == "https://ex.am/x"
        anna.presses("Да")
        handled(channel, lambda: heard(channel) == ["Да"])
        anna.presses("Нет")
        handled(channel, lambda: heard(channel) == ["Да", "Нет"])
        handled(channel, lambda: fate(asked)[0] == Status.DELIVERED)
        anna.reads()
        handled(channel, lambda: Message.objects.filter(status=Status.READ).count() == 5)
        shop.writes_in_inbox(anna.person, "Уже везу")
        typed = handled(channel, lambda: Message.objects.filter(content__text="Уже везу").first())
        assert (typed.direction, typed.source) == ("out", Message.Source.MEMBER)
        with tenant(channel.workspace_id):
            assert Message.objects.filter(direction="out").count() == 6, "our own words do not come back"
        number = anna.writes("два")
        anna.edits(number, "три")
        anna.reacts()
        handled(channel, lambda: heard(channel)[-1] == "три")
        anna.blocks()
        lost = say(talk, Content(text="Вы где?"))
        eventually(lambda: fate(lost) == (Status.UNREACHABLE, "forbidden"))
        anna.unblocks()
        anna.writes("Передумала")
        handled(channel, lambda: Identity.objects.get(pk=talk.identity_id).state == Identity.State.ACTIVE)
        handled(channel, lambda: not InboundUpdate.objects.exclude(state=InboundUpdate.State.DONE).exists())


def test_what_people_send_is_fetched_without_a_token(channel: Channel, anna: Phone) -> None:
    for kind in ("photo", "document", "voice"):
        anna.sends(kind)
    anna.location()
    handled(channel, lambda: len(heard(channel)) == 4)
    for workspace_id, media_id in fetching.due_files():
        fetching.fetch(media_id, workspace_id=workspace_id)
    with tenant(channel.workspace_id):
        said = [Content.model_validate(one.content) for one in Message.objects.filter(direction="in").order_by("pk")]
    files = [(file.kind.value, file.state) for content in said for file in content.attachments]
    assert files == [("image", "stored"), ("document", "stored"), ("audio", "stored")]
    assert said[-1].location


def test_cards_are_a_carousel(channel: Channel, anna: Phone) -> None:
    anna.writes("Привет")
    talk, buy = talk_with(channel, anna), [ReplyButton(id="buy", text="Беру")]
    cards = [Card(title=title, text="вкусно", image=a_file(channel, "photo"), buttons=buy) for title in ("Раф", "Флэт")]
    with a_sender():
        eventually(all_sent(say(talk, Content(cards=cards))), 20)
    assert [one.kind for one in anna.messages()] == ["text", "carousel"]
    anna.presses("Беру")
    handled(channel, lambda: heard(channel)[-1] == "Беру")


def test_after_a_day_persons_alone_may_write(channel: Channel, anna: Phone, shop: Bot) -> None:
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    anna.is_silent_for(25)
    with a_sender():
        late = say(talk, Content(text="Скидка!"))  # by our clock there is time
        eventually(lambda: fate(late) == (Status.REJECTED, "window_closed"))
        with tenant(channel.workspace_id):
            Conversation.objects.filter(pk=talk.pk).update(heard_at=talk.heard_at - timedelta(hours=25))
        answer = say(talk, Content(text="Простите, вот ответ"), Message.Source.MEMBER)
        eventually(all_sent(answer))
        shop.human_agent = False
        refused = say(talk, Content(text="И ещё"), Message.Source.MEMBER)
        eventually(lambda: fate(refused)[0] == Status.REJECTED)
    assert anna.texts() == ["Простите, вот ответ"]
    assert "Human Agent" in fate(refused)[1]
    assert _state(channel) == Channel.State.ACTIVE


@pytest.mark.parametrize(("kind", "how"), [("too_many", {"seconds": 1, "times": 1}), ("server_error", {"times": 1})])
def test_what_goes_wrong_for_a_while_is_tried_again(
    channel: Channel, shop: Bot, anna: Phone, lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str, how: dict[str, Any]
) -> None:
    monkeypatch.setattr("messengers.protocols.meta_messaging.outcomes.TROUBLED", 0.05)
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    lab.misbehaves(kind, bot=shop, method="messages", **how)
    with a_sender():
        first, second = (say(talk, Content(text=text)) for text in ("first", "second"))
        eventually(all_sent(first, second), 30)
    assert anna.texts() == ["first", "second"]
    calls = [one.began for one in lab.account.find(shop, method="messages")]
    assert len(calls) == 3
    if kind == "too_many":
        assert calls[1] - calls[0] >= 1


@pytest.mark.parametrize(("kind", "arrived"), [("drop_unhandled", []), ("drop_after", ["Привет"])])
def test_what_was_cut_is_never_sent_twice(
    channel: Channel, shop: Bot, anna: Phone, lab: Lab, kind: str, arrived: list[str]
) -> None:
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    lab.misbehaves(kind, bot=shop, method="messages", times=1, seconds=0)
    with a_sender():
        cut = say(talk, Content(text="Привет"))
        eventually(lambda: fate(cut)[0] == Status.UNCERTAIN)
    assert anna.texts() == arrived
    assert lab.account.count(shop, method="messages") == 1


def test_an_upload_that_was_cut_is_tried_again(
    channel: Channel, shop: Bot, anna: Phone, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messengers.protocols.meta_messaging.sending.AWAY", 0.05)
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    lab.misbehaves("drop_after", bot=shop, method="message_attachments", times=1, seconds=0)
    with a_sender():
        eventually(all_sent(say(talk, Content(attachments=[a_file(channel, "photo")]))), 20)
    assert [one.kind for one in anna.messages()] == ["text", "photo"]


def test_a_dead_token_breaks_the_channel_and_keeps_what_waits(channel: Channel, anna: Phone, shop: Bot) -> None:
    anna.writes("Привет")
    talk = talk_with(channel, anna)
    shop.revoke()
    with a_sender():
        kept = say(talk, Content(text="Привет"))
        eventually(lambda: _state(channel) == Channel.State.BROKEN)
    assert fate(kept)[0] == Status.QUEUED
    keys = {"token": shop.token, "app_secret": shop.app.secret}
    with tenant(channel.workspace_id):
        channels.change(channel, a_user(), secrets=keys)
    with a_sender():
        eventually(all_sent(kept))
    anna.writes("Слышно?")
    handled(channel, lambda: heard(channel)[-1] == "Слышно?")


def _state(channel: Channel) -> str:
    with tenant(channel.workspace_id):
        return str(Channel.objects.get(pk=channel.pk).state)


def test_pages_of_one_app_share_its_address(workspace: Workspace, channel: Channel, shop: Bot, lab: Lab) -> None:
    cafe = lab.messenger.new_bot("Cafe", app=shop.app)
    second, address = a_channel(workspace, cafe), shop.app.subscriptions["page"].callback_url
    assert address == shop.app.subscriptions["page"].callback_url == channels.facts(channel).hook_url
    assert channels.ask_hook(second)["is_ours"]
    person = lab.messenger.person("Борис")
    cafe.phone(person).writes("В кафе")
    shop.phone(person).writes("В магазин")
    handled(second, lambda: heard(second) == ["В кафе"])
    handled(channel, lambda: heard(channel) == ["В магазин"])
    with tenant(workspace):
        channels.disconnect(channel, a_user())
        assert not channels.ask_hook(second)["url"], "the address went with its channel"
        channels.reconnect(second, a_user())
        assert channels.ask_hook(second)["is_ours"]
    cafe.phone(person).writes("Ещё")
    handled(second, lambda: heard(second) == ["В кафе", "Ещё"])


def test_another_programs_address_is_seen(channel: Channel, shop: Bot) -> None:
    shop.stolen_by("https://other.example/hook")
    seen = channels.ask_hook(channel)
    assert (seen["url"], seen["is_ours"]) == ("https://other.example/hook", False)
    with tenant(channel.workspace_id):
        channels.reconnect(channel, a_user())
    assert channels.ask_hook(channel)["is_ours"]


def test_it_is_known_when_a_token_dies(workspace: Workspace, shop: Bot) -> None:
    shop.token_expires_at = 1_800_000_000
    assert a_channel(workspace, shop).settings["token_expires_at"] == "2027-01-15T08:00:00+00:00"


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_made_up_people_come_for_practice(workspace: Workspace, lab: Lab, kind: str) -> None:
    with tenant(workspace):
        made = practice.begin(kind, "Shop", a_user(), people=5)
    handled(made, lambda: Conversation.objects.filter(channel=made).count() == 5)


def test_why_a_page_is_not_connected(workspace: Workspace, shop: Bot, lab: Lab, settings: Any) -> None:
    def refused(**other: str) -> str:
        with pytest.raises(channels.RefusedByMessengerError) as caught:
            a_channel(workspace, shop, **other)
        return caught.value.reason

    assert refused(token="E" * 60) == "wrong_token"
    assert refused(app_secret="0" * 32) == "wrong_app_secret"
    other = lab.messenger.new_bot("Other")
    assert refused(app_id=other.app.id, app_secret=other.app.secret) == "token_of_another_app"
    shop.rights.remove("pages_manage_metadata")
    assert refused() == "missing_pages_manage_metadata"
    shop.rights.append("pages_manage_metadata")
    settings.BASE_URL = "http://127.0.0.1:1"  # where nobody answers Meta's check
    assert refused() == "hook_refused"
    assert not shop.app.subscriptions
