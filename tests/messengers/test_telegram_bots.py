"""A Telegram bot at work: what people send comes in, what Kaskad says stands on their phones. The lab plays both."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from PIL import Image

from builders import a_user
from fake_messenger import a_sender, eventually
from lab.running import Lab
from messengers import batches, channels, fetching, inbox, media, outbox, polling
from messengers.content import Attachment, Content, Location, ReplyButton, SharePhoneButton, UrlButton
from messengers.models import Channel, Conversation, Identity, InboundUpdate, Media, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def bot(lab: Lab) -> Any:
    return lab.telegram.new_bot("Shop")


@pytest.fixture
def anna(lab: Lab, bot: Any) -> Any:
    return bot.phone(lab.telegram.person("Анна", phone="79991234567", username="anna"))


@pytest.fixture
def channel(workspace: Workspace, bot: Any) -> Channel:
    with tenant(workspace):
        return channels.connect("telegram", "", {}, {"token": bot.token}, a_user(), practice=True, polls=True)


@contextmanager
def a_listener(workspace: Workspace) -> Iterator[None]:
    """Somebody listens, and what comes in is handled at once."""
    stop = threading.Event()

    def handle(channel_id: int, workspace_id: int) -> None:
        while inbox.process_waiting(channel_id, workspace_id=workspace_id, seconds=5):
            pass

    def run() -> None:
        import asyncio

        asyncio.run(polling.Listener(handle, seconds=600).run(stop.is_set))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def heard(workspace: Workspace) -> list[Message]:
    with tenant(workspace):
        return list(Message.objects.filter(direction=Message.Direction.IN).order_by("pk"))


def said(workspace: Workspace) -> list[Content]:
    return [Content.model_validate(message.content) for message in heard(workspace)]


def talk_of(workspace: Workspace) -> Conversation:
    with tenant(workspace):
        return Conversation.objects.select_related("identity", "contact", "channel").get()


def say(workspace: Workspace, content: Content) -> Message:
    talk = talk_of(workspace)
    with tenant(workspace):
        return outbox.enqueue(talk, content, source=Message.Source.BOT)


def status(workspace: Workspace, message: Message) -> str:
    with tenant(workspace):
        return str(Message.objects.get(pk=message.pk).status)


def a_picture(name: str = "dot.png") -> Attachment:
    picture = BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "PNG")
    return media.as_attachment(media.store(ContentFile(picture.getvalue(), name=name)))


def test_it_has_the_bots_name_and_is_listened_to(workspace: Workspace, channel: Channel, bot: Any, anna: Any) -> None:
    assert (channel.name, channel.settings["username"]) == ("Shop", bot.username)
    with a_listener(workspace):
        anna.start("promo_42")
        anna.writes("Здравствуйте")
        eventually(lambda: [content.text for content in said(workspace)] == ["Здравствуйте"])
        talk = talk_of(workspace)
        assert (talk.contact.name, talk.context) == ("Анна", {"start": "promo_42"})
        anna.writes("Ещё")
        eventually(lambda: len(said(workspace)) == 2)
    with tenant(workspace):
        assert InboundUpdate.objects.count() == 3


def test_files_are_fetched_and_an_album_is_one_message(workspace: Workspace, channel: Channel, anna: Any) -> None:
    with a_listener(workspace):
        anna.start()
        anna.sends_photo(caption="Смотрите")
        anna.album(caption="Все вместе")
        anna.voice()
        eventually(lambda: len(said(workspace)) == 3)
        eventually(lambda: len(said(workspace)[1].attachments) >= 2)
    photo, album, voice = said(workspace)
    assert (photo.text, album.text) == ("Смотрите", "Все вместе")
    assert {file.state for content in (photo, album, voice) for file in content.attachments} == {"remote"}
    for workspace_id, media_id in fetching.due_files():
        fetching.fetch(media_id, workspace_id=workspace_id)
    photo, album, voice = said(workspace)
    assert {file.state for content in (photo, album, voice) for file in content.attachments} == {"stored"}
    assert photo.attachments[0].content_type.startswith("image/")
    with tenant(workspace):
        assert all(file.file.size == file.size > 0 for file in Media.objects.filter(message__isnull=False))


def test_a_file_that_is_gone_is_said_to_be_lost_and_a_busy_server_is_asked_again(
    workspace: Workspace, channel: Channel, anna: Any, lab: Lab, bot: Any
) -> None:
    with a_listener(workspace):
        anna.start()
        anna.sends_photo()
        eventually(lambda: len(said(workspace)) == 1)
    ((workspace_id, media_id),) = fetching.due_files()
    with tenant(workspace):
        Channel.objects.filter(pk=channel.pk).update(practice=True)
    lab.misbehaves("server_error", bot=bot, times=1)
    fetching.fetch(media_id, workspace_id=workspace_id)
    with tenant(workspace):
        file = Media.objects.get(pk=media_id)
        assert (file.state, file.tries) == (Media.State.REMOTE, 1)
        Media.objects.filter(pk=media_id).update(source_ref="unknown")
    fetching.fetch(media_id, workspace_id=workspace_id)
    assert said(workspace)[0].attachments[0].state == "lost"


def test_what_she_changes_changes_here(workspace: Workspace, channel: Channel, anna: Any) -> None:
    with a_listener(workspace):
        anna.start()
        number = anna.writes("два")
        eventually(lambda: len(said(workspace)) == 1)
        anna.edits(number, "три")
        eventually(lambda: said(workspace)[0].text == "три")
    assert heard(workspace)[0].edited_at is not None


def test_buttons_links_and_places_stand_on_her_phone_and_a_press_comes_back(
    workspace: Workspace, channel: Channel, anna: Any
) -> None:
    with a_listener(workspace), a_sender():
        anna.start()
        eventually(lambda: Conversation.objects and _met(workspace))
        menu = [ReplyButton(id="yes", text="Да"), UrlButton(text="Сайт", url="https://ex.am/x")]
        question = say(workspace, Content(text="*Привет*, <Анна> & все", buttons=menu))
        place = say(workspace, Content(location=Location(latitude=55.75, longitude=37.61)))
        eventually(lambda: status(workspace, question) == status(workspace, place) == Status.SENT)
        assert "Привет, <Анна> & все" in anna.texts()
        anna.presses("Да")
        eventually(lambda: [content.text for content in said(workspace)] == ["Да"])


def _met(workspace: Workspace) -> bool:
    with tenant(workspace):
        return Conversation.objects.exists()


def test_her_phone_number_becomes_the_contacts(workspace: Workspace, channel: Channel, anna: Any) -> None:
    with a_listener(workspace), a_sender():
        anna.start()
        eventually(lambda: _met(workspace))
        asked = say(workspace, Content(text="Ваш номер?", buttons=[SharePhoneButton(text="Поделиться")]))
        eventually(lambda: status(workspace, asked) == Status.SENT)
        anna.shares_phone()
        eventually(lambda: talk_of(workspace).contact.phone == "+79991234567")


def test_who_blocks_the_bot_is_not_written_to_until_he_lets_it_in(
    workspace: Workspace, channel: Channel, anna: Any
) -> None:
    def state() -> str:
        return str(talk_of(workspace).identity.state)

    with a_listener(workspace), a_sender():
        anna.start()
        eventually(lambda: _met(workspace))
        anna.blocks()
        eventually(lambda: state() == Identity.State.BLOCKED)
        anna.unblocks()
        eventually(lambda: state() == Identity.State.ACTIVE)


def test_a_picture_goes_up_once_and_albums_arrive_together(workspace: Workspace, channel: Channel, anna: Any) -> None:
    with a_listener(workspace), a_sender():
        anna.start()
        eventually(lambda: _met(workspace))
        with tenant(workspace):
            first, second = a_picture(), a_picture()
        sent = [
            say(workspace, Content(text="Одна", attachments=[first])),
            say(workspace, Content(text="Ещё раз", attachments=[first])),
            say(workspace, Content(text="Обе", attachments=[first, second], buttons=[ReplyButton(id="a", text="Вот")])),
        ]
        eventually(lambda: all(status(workspace, message) == Status.SENT for message in sent), 20)
    with tenant(workspace):
        album = Message.objects.get(pk=sent[2].pk)
        assert album.parts_sent == 2  # buttons stand under the words, which an album cannot have
    assert "Обе" in anna.texts()
    assert "Вот" in anna.buttons()


def test_a_profile_is_asked_for_and_fills_the_gaps(workspace: Workspace, channel: Channel, anna: Any) -> None:
    with a_listener(workspace):
        anna.start()
        eventually(lambda: _met(workspace))
    ((workspace_id, identity_id),) = fetching.due_profiles()
    fetching.ask_profile(identity_id, workspace_id=workspace_id)
    assert fetching.due_profiles() == []
    assert talk_of(workspace).identity.profile["username"] == "anna"


def test_a_dead_token_breaks_the_channel_and_two_listeners_never_ask_at_once(
    workspace: Workspace, channel: Channel, bot: Any, anna: Any
) -> None:
    with a_listener(workspace), a_listener(workspace):
        anna.start()
        anna.writes("Один раз")
        eventually(lambda: len(said(workspace)) == 1)
        bot.revoke()
        eventually(lambda: _broken(workspace) == "token_revoked", 40)
    assert len(said(workspace)) == 1


def test_what_the_database_refuses_is_kept_unread_and_the_rest_goes_on(
    workspace: Workspace, channel: Channel, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = inbox.keep

    def choosy(arrivals: Sequence[Any]) -> list[int]:
        if any("poison" in one.body and not one.error for one in arrivals):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 'poison'::int")
        return keep(arrivals)

    monkeypatch.setattr(inbox, "keep", choosy)
    with a_listener(workspace):
        anna.start()
        for words in ("before", "poison", "after"):
            anna.writes(words)
        eventually(lambda: [one.text for one in said(workspace)] == ["before", "after"])
    with tenant(workspace):
        assert [one.error[:9] for one in InboundUpdate.objects.filter(state=InboundUpdate.State.FAILED)] == [
            "DataError"
        ]


def _broken(workspace: Workspace) -> str:
    with tenant(workspace):
        return str(Channel.objects.get().broken_reason)


def test_a_mailing_fills_in_each_name(workspace: Workspace, channel: Channel, lab: Lab, bot: Any) -> None:
    phones = [bot.phone(lab.telegram.person(name)) for name in ("Ольга", "Пётр")]
    with a_listener(workspace), a_sender():
        for phone in phones:
            phone.start()
        eventually(lambda: _count(workspace) == 2)
        with tenant(workspace):
            batch = batches.begin()
            variant = batches.vary(batch, Content(text="Здравствуйте, {{ first_name }}!"))
            ids = list(Conversation.objects.values_list("pk", flat=True))
            batches.fill(batch, variant, ids, source=Message.Source.BROADCAST)
        eventually(
            lambda: [phone.texts()[-1:] for phone in phones] == [["Здравствуйте, Ольга!"], ["Здравствуйте, Пётр!"]]
        )


def _count(workspace: Workspace) -> int:
    with tenant(workspace):
        return Conversation.objects.count()
