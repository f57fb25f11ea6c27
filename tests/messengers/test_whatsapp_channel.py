"""A number of WhatsApp at work: what people write comes in by the door, what we say stands on their phones."""

from datetime import timedelta
from typing import Any

import pytest

from builders import a_user
from fake_messenger import a_sender, eventually
from lab.platforms.whatsapp.numbers import Number, bsuid, digits
from lab.platforms.whatsapp.phones import Phone
from lab.running import Lab
from messengers import channels, fetching
from messengers.content import Card, Content, Location, ReplyButton, Template, UrlButton
from messengers.models import Channel, Conversation, Identity, Message
from messengers.statuses import Status
from meta_at_work import a_channel, a_file, all_sent, fate, handled, heard, say
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("door")

YES = ReplyButton(id="yes", text="Да")
SITE = UrlButton(text="Сайт", url="https://ex.am/x")  # type: ignore[arg-type]


@pytest.fixture
def shop(lab: Lab) -> Number:
    made: Number = lab.whatsapp.new_bot("Shop")
    return made


@pytest.fixture
def channel(workspace: Workspace, shop: Number) -> Channel:
    return a_channel(workspace, shop)  # type: ignore[arg-type]


@pytest.fixture
def anna(lab: Lab, shop: Number) -> Phone:
    return shop.phone(lab.whatsapp.person("Анна Белова"))


def talk_with(channel: Channel, external_id: str) -> Conversation:
    def look() -> Conversation | None:
        talks = Conversation.objects.select_related("identity", "contact", "channel").filter(channel=channel)
        return talks.filter(identity__external_id=external_id).first()

    found: Conversation = handled(channel, look)
    return found


def greeted(channel: Channel, anna: Phone) -> Conversation:
    anna.writes("Привет")
    return talk_with(channel, digits(anna.person))


def test_a_talk_from_an_advertisement_to_goodbye(channel: Channel, shop: Number, anna: Phone, lab: Lab) -> None:
    assert (channel.name, channel.account, channel.settings["waba_id"]) == ("Shop", shop.page_id, shop.waba_id)
    assert channels.ask_hook(channel)["is_ours"]
    anna.comes_by_ad("Почём?")
    talk = talk_with(channel, digits(anna.person))
    assert (talk.context["source"], talk.context["ctwa_clid"]) == ("ad", "click")
    picture = a_file(channel, "photo")
    four = [ReplyButton(id=f"b{number}", text=f"Вариант {number}") for number in range(4)]
    with a_sender():
        shown = [say(talk, Content(text=f"Вот {number}", attachments=[picture])) for number in (1, 2)]
        several = say(talk, Content(text="Или сайт?", buttons=[SITE]))
        place = say(talk, Content(location=Location(latitude=55.75, longitude=37.61, title="Кафе")))
        listed = say(talk, Content(text="Какой?", buttons=four))
        asked = say(talk, Content(text="*Кофе* или чай?", buttons=[YES, ReplyButton(id="tea", text="Чай")]))
        eventually(all_sent(*shown, several, place, listed, asked), 20)
        assert anna.texts() == ["Вот 1", "Вот 2", "Или сайт?", "Кафе", "Какой?", "*Кофе* или чай?"]
        assert lab.account.count(shop, method="media") == 1, "it goes up once"
        assert anna.presses("Сайт") == "https://ex.am/x"
        anna.presses("Да")
        anna.presses("Вариант 3")
        handled(channel, lambda: heard(channel) == ["Почём?", "Да", "Вариант 3"])
        handled(channel, lambda: fate(asked)[0] == Status.DELIVERED)
        anna.reads()
        handled(channel, lambda: Message.objects.filter(status=Status.READ).count() == 6)
        anna.stops_marketing()
        handled(channel, lambda: _identity(talk).state == Identity.State.UNSUBSCRIBED)
        anna.resumes_marketing()
        handled(channel, lambda: _identity(talk).state == Identity.State.ACTIVE)
        anna.leaves_whatsapp()
        lost = say(talk, Content(text="Вы где?"))
        handled(channel, lambda: fate(lost) == (Status.UNREACHABLE, "undeliverable"))
    assert not lab.account.twice(shop)


def _identity(talk: Conversation) -> Identity:
    return Identity.objects.get(pk=talk.identity_id)


def test_what_people_send_is_fetched_with_the_token(channel: Channel, anna: Phone) -> None:
    for kind in ("photo", "document", "voice"):
        anna.sends(kind)
    anna.location()
    handled(channel, lambda: len(heard(channel)) == 4)
    for workspace_id, media_id in fetching.due_files():
        fetching.fetch(media_id, workspace_id=workspace_id)
    with tenant(channel.workspace_id):
        said = [Content.model_validate(one.content) for one in Message.objects.filter(direction="in").order_by("pk")]
    files = [(file.kind.value, file.state) for content in said for file in content.attachments]
    assert files == [("image", "stored"), ("document", "stored"), ("voice", "stored")]
    assert said[-1].location


def test_who_hides_his_number_is_written_to_all_the_same(channel: Channel, anna: Phone) -> None:
    anna.hides_number()
    anna.writes("Привет")
    talk = talk_with(channel, bsuid(anna.person))
    with a_sender():
        eventually(all_sent(say(talk, Content(text="Здравствуйте"))), 20)
    assert anna.texts() == ["Здравствуйте"]


def test_cards_are_a_carousel(channel: Channel, anna: Phone) -> None:
    talk, buy = greeted(channel, anna), [ReplyButton(id="buy", text="Беру")]
    picture = a_file(channel, "photo")
    cards = [Card(title=title, text="вкусно", image=picture, buttons=buy) for title in ("Раф", "Флэт")]
    with a_sender():
        eventually(all_sent(say(talk, Content(cards=cards)), say(talk, Content(cards=cards[:1]))), 20)
    assert [one.kind for one in anna.messages()] == ["text", "carousel", "photo"]
    anna.presses("Беру")
    handled(channel, lambda: heard(channel)[-1] == "Беру")


def test_after_a_day_only_templates_may_be_sent(channel: Channel, anna: Phone, shop: Number) -> None:
    shop.new_template("promo", "{{1}}, скидка {{2}}")
    shop.new_template("old", "Привет", status="PAUSED")
    talk = greeted(channel, anna)
    anna.is_silent_for(25)
    promo = Template(name="promo", language="ru", body=["Анна", "10%"])
    with a_sender():
        late = say(talk, Content(text="Скидка!"))  # by our clock there is time
        handled(channel, lambda: fate(late) == (Status.REJECTED, "window_closed"))
        with tenant(channel.workspace_id):
            Conversation.objects.filter(pk=talk.pk).update(heard_at=talk.heard_at - timedelta(hours=25))
        sent = say(talk, Content(text="Анна, скидка 10%", template=promo, buttons=[YES]))
        eventually(all_sent(sent))
        gaps = promo.model_copy(update={"body": ["Анна"]})
        short = say(talk, Content(text="x", template=gaps))
        paused = say(talk, Content(text="x", template=Template(name="old", language="ru")))
        unknown = say(talk, Content(text="x", template=Template(name="none", language="ru")))
        eventually(lambda: fate(short) == (Status.REJECTED, "template_gaps"))
        eventually(lambda: fate(paused) == (Status.REJECTED, "template_paused"))
        eventually(lambda: fate(unknown) == (Status.REJECTED, "no_such_template"))
    assert anna.texts() == ["Анна, скидка 10%"]
    anna.presses("Button 0")
    handled(channel, lambda: len(heard(channel)) == 2)


@pytest.mark.parametrize(("kind", "how"), [("too_many", {"seconds": 1, "times": 1}), ("server_error", {"times": 1})])
def test_what_goes_wrong_for_a_while_is_tried_again(
    channel: Channel, shop: Number, anna: Phone, lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str, how: Any
) -> None:
    from messengers.adapter import RetryAt
    from messengers.adapters.whatsapp import outcomes

    monkeypatch.setattr(outcomes, "TROUBLED", 0.05)
    monkeypatch.setitem(outcomes.ERRORS, 130429, RetryAt(1, "too_many_requests", whole_channel=True))  # type: ignore[arg-type]
    talk = greeted(channel, anna)
    lab.misbehaves(kind, bot=shop, method="messages", **how)
    with a_sender():
        first, second = (say(talk, Content(text=text)) for text in ("first", "second"))
        eventually(all_sent(first, second), 30)
    assert anna.texts() == ["first", "second"]
    assert lab.account.count(shop, method="messages") == 3


@pytest.mark.parametrize(("kind", "arrived"), [("drop_unhandled", []), ("drop_after", ["Здравствуйте"])])
def test_statuses_settle_what_was_cut(
    channel: Channel, shop: Number, anna: Phone, lab: Lab, kind: str, arrived: list[str]
) -> None:
    talk = greeted(channel, anna)
    lab.misbehaves(kind, bot=shop, method="messages", times=1, seconds=0)
    with a_sender():
        cut = say(talk, Content(text="Здравствуйте"))
        eventually(lambda: fate(cut)[0] not in (Status.QUEUED, Status.SENDING))
        wanted = Status.DELIVERED if arrived else Status.UNCERTAIN
        handled(channel, lambda: fate(cut)[0] == wanted)
    assert anna.texts() == arrived
    assert lab.account.count(shop, method="messages") == 1


def test_a_dead_token_breaks_the_channel_and_keeps_what_waits(channel: Channel, anna: Phone, shop: Number) -> None:
    talk = greeted(channel, anna)
    shop.revoke()
    with a_sender():
        kept = say(talk, Content(text="Здравствуйте"))
        eventually(lambda: _state(channel) == Channel.State.BROKEN)
    assert fate(kept)[0] == Status.QUEUED
    with tenant(channel.workspace_id):
        channels.change(channel, a_user(), secrets={"token": shop.token, "app_secret": shop.app.secret})
    with a_sender():
        eventually(all_sent(kept))


def _state(channel: Channel) -> str:
    with tenant(channel.workspace_id):
        return str(Channel.objects.get(pk=channel.pk).state)


def test_another_programs_address_is_seen(channel: Channel, shop: Number) -> None:
    shop.stolen_by("https://other.example/hook")
    seen = channels.ask_hook(channel)
    assert (seen["url"], seen["is_ours"]) == ("https://other.example/hook", False)
    with tenant(channel.workspace_id):
        channels.reconnect(channel, a_user())
    assert channels.ask_hook(channel)["is_ours"]
    with tenant(channel.workspace_id):
        channels.disconnect(channel, a_user())
    assert shop.waba_id not in shop.app.subscriptions


def test_why_a_number_is_not_connected(workspace: Workspace, shop: Number, lab: Lab, settings: Any) -> None:
    def refused(**other: str) -> str:
        with pytest.raises(channels.RefusedByMessengerError) as caught:
            a_channel(workspace, shop, **other)  # type: ignore[arg-type]
        return caught.value.reason

    assert refused(token="E" * 60) == "wrong_token"
    assert refused(app_secret="0" * 32) == "wrong_app_secret"
    other = lab.whatsapp.new_bot("Other")
    assert refused(app_id=other.app.id, app_secret=other.app.secret) == "token_of_another_app"
    shop.rights.remove("whatsapp_business_management")
    assert refused() == "missing_whatsapp_business_management"
    shop.rights.append("whatsapp_business_management")
    shop.registered = False
    assert refused() == "number_not_registered"
    shop.registered = True
    settings.BASE_URL = "http://127.0.0.1:1"  # where nobody answers Meta's check
    assert refused() == "hook_refused"
    assert not shop.app.subscriptions
