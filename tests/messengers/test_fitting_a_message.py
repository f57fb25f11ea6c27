"""A message is cut to what a messenger can carry; nothing is lost, and what changes is said."""

from dataclasses import replace
from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from messengers import markup
from messengers.adapter import Capabilities
from messengers.content import (
    Attachment,
    AttachmentKind,
    Button,
    CallButton,
    Card,
    Content,
    Location,
    ReplyButton,
    ShareLocationButton,
    SharePhoneButton,
    UrlButton,
)
from messengers.cut import cut, length
from messengers.fit import Fitted, fit

ALL = Capabilities(
    text=4000,
    caption=1000,
    markup=True,
    attachments=dict.fromkeys(AttachmentKind, 10_000),
    attachments_per_message=10,
    reply_buttons=10,
    url_buttons=True,
    call_buttons=True,
    share_phone=True,
    share_location=True,
    cards=10,
    location=True,
)
SMS = Capabilities(
    text=160,
    caption=0,
    markup=False,
    attachments={},
    attachments_per_message=0,
    reply_buttons=0,
    url_buttons=False,
)
PHOTO = Attachment(kind=AttachmentKind.IMAGE, media=1, name="photo.png", size=500)
FILM = Attachment(kind=AttachmentKind.VIDEO, media=2, name="film.mp4", size=50_000)
YES, NO = ReplyButton(id="yes", text="Yes"), ReplyButton(id="no", text="No")
SHOP = UrlButton(text="Shop", url="https://a.example/")  # type: ignore[arg-type]


def codes(fitted: Fitted) -> list[str]:
    return [warning.code for warning in fitted.warnings]


def texts(fitted: Fitted) -> list[str]:
    return [part.text for part in fitted.parts]


def test_what_fits_is_left_alone() -> None:
    content = Content(text="*Hi*", attachments=[PHOTO], buttons=[YES, SHOP])
    assert fit(content, ALL) == Fitted([content], [], [])


def test_buttons_become_numbers_and_addresses() -> None:
    fitted = fit(Content(text="*Well?*", buttons=[YES, NO, SHOP]), SMS)
    assert texts(fitted) == ["Well?\n\n1. Yes\n2. No\nShop: https://a.example/"]
    assert fitted.numbered == [YES, NO]
    assert set(codes(fitted)) == {"buttons_as_text", "formatting_lost"}


def test_too_many_buttons_go_on_as_numbers() -> None:
    fitted = fit(Content(text="Well?", buttons=[YES, NO]), replace(ALL, reply_buttons=1))
    assert fitted.parts == [Content(text="Well?\n\n1. No", buttons=[YES])]


def test_buttons_that_it_does_not_know_become_words() -> None:
    asked: list[Button] = [
        CallButton(text="Call", phone="+79000000000"),
        SharePhoneButton(text="Send your number"),
        ShareLocationButton(text="Send your place"),
    ]
    fitted = fit(Content(text="We", buttons=asked), SMS)
    assert texts(fitted) == ["We\n\nCall: +79000000000\nSend your number\nSend your place"]


def test_a_long_button_is_shortened() -> None:
    fitted = fit(Content(text="Well?", buttons=[ReplyButton(id="a", text="Abcdefghij")]), replace(ALL, button_text=5))
    assert fitted.parts[0].buttons[0].text == "Abcd…"
    assert codes(fitted) == ["button_shortened"]


def test_a_long_caption_moves_below_and_takes_the_buttons_along() -> None:
    fitted = fit(Content(text="x" * 20, attachments=[PHOTO], buttons=[YES]), replace(ALL, caption=10))
    assert fitted.parts == [Content(attachments=[PHOTO]), Content(text="x" * 20, buttons=[YES])]
    assert codes(fitted) == ["caption_moved"]


def test_only_buttons_of_several_kinds_want_a_shorter_text() -> None:
    can = replace(ALL, text=100, text_with_mixed_buttons=20)
    words = "Shall we? " * 4
    assert len(fit(Content.plain(words, buttons=[YES]), can).parts) == 1
    *_, last = fit(Content.plain(words, buttons=[YES, SHOP]), can).parts
    assert (len(last.text) <= 20, last.buttons) == (True, [YES, SHOP])


def test_a_file_too_large_becomes_an_address() -> None:
    fitted = fit(Content(attachments=[PHOTO, FILM]), ALL, {2: "https://a.example/film"})
    assert fitted.parts == [Content(text="film.mp4: https://a.example/film", attachments=[PHOTO])]
    assert codes(fitted) == ["file_too_large"]


def test_a_film_too_long_becomes_an_address() -> None:
    can = replace(ALL, attachments={AttachmentKind.VIDEO: 10**9}, seconds={AttachmentKind.VIDEO: 180})
    longer = FILM.model_copy(update={"seconds": 181})
    fitted = fit(Content(attachments=[longer, FILM]), can, {2: "https://a.example/film"})
    assert fitted.parts == [Content(text="film.mp4: https://a.example/film", attachments=[FILM])]
    assert [(one.code, one.facts["limit"]) for one in fitted.warnings] == [("file_too_long", 180)]


def test_a_file_of_a_kind_that_it_does_not_know_becomes_an_address() -> None:
    fitted = fit(Content(text="See", attachments=[PHOTO]), SMS, {1: "https://a.example/photo"})
    assert texts(fitted) == ["See\n\nphoto.png: https://a.example/photo"]
    assert codes(fitted) == ["file_as_link"]


def test_many_files_go_in_groups() -> None:
    files = [Attachment(kind=AttachmentKind.IMAGE, media=number) for number in range(5)]
    fitted = fit(Content(text="Hi", attachments=files), replace(ALL, attachments_per_message=2))
    assert [len(part.attachments) for part in fitted.parts] == [2, 2, 1, 0]


def test_a_place_becomes_an_address() -> None:
    fitted = fit(Content(location=Location(latitude=55.75, longitude=37.6, title="Office")), SMS)
    assert texts(fitted)[0].startswith("Office: https://www.openstreetmap.org/?mlat=55.75&mlon=37.6")


def test_cards_of_several_shapes_are_messages_where_a_carousel_wants_one() -> None:
    can = replace(ALL, cards_alike=True, card_text=3)
    alike = [Card(title="One", text="a", image=PHOTO, buttons=[YES]), Card(title="Two", text="b", image=PHOTO)]
    assert codes(fit(Content(cards=alike), can)) == ["cards_as_messages"]
    assert codes(fit(Content(cards=[Card(title="One", text="long")]), can)) == ["cards_as_messages"]
    assert fit(Content(cards=[alike[0], alike[0]]), can).parts == [Content(cards=[alike[0], alike[0]])]


def test_a_letter_keeps_its_subject_and_holds_words_and_cards_together() -> None:
    letter = Content(subject="News", text="See:", buttons=[YES], cards=[Card(title="One")])
    can = replace(ALL, subjects=True, cards_with_text=True)
    assert fit(letter, can).parts == [letter]
    assert [part.subject for part in fit(letter, replace(can, cards=0)).parts] == ["News", "News"]
    assert {part.subject for part in fit(letter, ALL).parts} == {""}


def test_cards_become_messages() -> None:
    cards = [Card(title="One", text="a", image=PHOTO, buttons=[YES]), Card(title="Two")]
    assert fit(Content(cards=cards), ALL).parts == [Content(cards=cards)]
    fitted = fit(Content(text="See:", cards=cards), replace(ALL, cards=0))
    assert texts(fitted) == ["See:", "*One*\na", "*Two*"]
    assert fitted.parts[1].buttons == [YES]
    assert codes(fitted) == ["cards_as_messages"]


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("First paragraph.\n\nSecond one.", 20, ["First paragraph.", "Second one."]),
        ("One. Two. Three four.", 12, ["One. Two.", "Three four."]),
        ("several words here", 9, ["several", "words", "here"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("👨‍👩‍👧👨‍👩‍👧", 8, ["👨‍👩‍👧", "👨‍👩‍👧"]),
        ("exactly", 7, ["exactly"]),
        ("exactly   ", 7, ["exactly"]),
    ],
)
def test_a_long_text_is_cut_where_a_reader_would(text: str, limit: int, parts: list[str]) -> None:
    assert cut(text, limit, markup=False) == parts


def test_formatting_goes_on_behind_a_cut() -> None:
    assert cut("*bold words here*", 12, markup=True) == ["*bold words*", "*here*"]
    assert cut("[some words](https://a.example)", 6, markup=True) == [
        "[some](https://a.example)",
        "[words](https://a.example)",
    ]


words = st.lists(st.sampled_from([*"aбв 🙂é\n.!?*_~`[]()\\1", "👨‍👩‍👧"]), min_size=1, max_size=200).map("".join)


@given(words, st.integers(11, 60), st.booleans())
def test_a_cut_loses_nothing_and_keeps_within_the_limit(text: str, limit: int, marked: bool) -> None:
    parts = cut(text, limit, markup=marked)
    assert all(0 < length(part, markup=marked) <= limit for part in parts)
    seen = "".join(shown(part, marked) for part in parts)
    assert squeezed(seen) == squeezed(shown(text, marked))
    letters = set(regex.findall(r"\X", shown(text, marked)))
    assert all(set(regex.findall(r"\X", shown(part, marked))) <= letters for part in parts)


def shown(text: str, marked: bool) -> str:
    return "".join(span.text for span in markup.parse(text)) if marked else text


def squeezed(text: str) -> str:
    return "".join(text.split())


buttons: st.SearchStrategy[Button] = st.one_of(
    st.builds(UrlButton, text=st.just("Shop"), url=st.just("https://a.example/")),
    st.builds(CallButton, text=st.just("Call"), phone=st.just("+79000000000")),
    st.just(SharePhoneButton(text="Number")),
)
files = st.builds(
    Attachment,
    kind=st.sampled_from(AttachmentKind),
    media=st.integers(1, 9),
    size=st.integers(0, 20_000),
    name=st.just("file"),
)


@st.composite
def contents(draw: Any) -> Content:
    replies = [ReplyButton(id=str(number), text=f"Reply {number}") for number in range(draw(st.integers(0, 5)))]
    return Content(
        text=draw(st.text(st.sampled_from("ab .\n*_"), max_size=200)) + "end",
        attachments=draw(st.lists(files, max_size=5)),
        location=draw(st.none() | st.just(Location(latitude=1, longitude=2))),
        buttons=replies + draw(st.lists(buttons, max_size=3)),
    )


capabilities = st.builds(
    replace,
    st.just(ALL),
    text=st.integers(40, 200),
    caption=st.integers(0, 100),
    markup=st.booleans(),
    attachments=st.dictionaries(st.sampled_from(AttachmentKind), st.integers(1, 20_000)),
    attachments_per_message=st.integers(0, 4),
    reply_buttons=st.integers(0, 4),
    url_buttons=st.booleans(),
    call_buttons=st.booleans(),
    share_phone=st.booleans(),
    location=st.booleans(),
)


@settings(max_examples=150)
@given(contents(), capabilities)
def test_every_part_can_be_carried_and_everything_is_somewhere(content: Content, can: Capabilities) -> None:
    fitted = fit(content, can, {number: f"https://a.example/{number}" for number in range(10)})
    for part in fitted.parts:
        limit = can.caption if part.attachments else can.text
        assert length(part.text, markup=part.markup) <= limit
        assert len(part.attachments) <= can.attachments_per_message
        assert all(file.size <= can.attachments.get(file.kind, 0) for file in part.attachments)
        assert sum(isinstance(button, ReplyButton) for button in part.buttons) <= can.reply_buttons
        assert not part.markup or can.markup
        assert can.location or not part.location
    all_text = squeezed("".join(shown(part.text, part.markup) for part in fitted.parts))
    all_buttons = [button for part in fitted.parts for button in part.buttons]
    all_files = [file for part in fitted.parts for file in part.attachments]
    for button in content.buttons:
        assert button in all_buttons or squeezed(button.text) in all_text
    for file in content.attachments:
        assert file in all_files or f"https://a.example/{file.media}" in all_text
    assert squeezed(shown(content.text, content.markup)) in all_text
    assert content.location is None or any(part.location for part in fitted.parts) or "openstreetmap" in all_text
    assert bool(fitted.warnings) or len(fitted.parts) <= 1 + len(content.attachments) + bool(content.location)
