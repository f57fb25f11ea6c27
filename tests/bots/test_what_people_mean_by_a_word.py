"""Keywords: what is the same phrase, and which phrase a message fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.keywords import PHRASE_WORDS, candidates, matches, normalise


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("ПРИЗ", "приз"),
        ("приз)))", "приз"),
        ("Приз!", "приз"),
        ("  приииз  ", "приз"),
        ("п\u00adриз\u200b", "приз"),
        ("🎁 приз 🎁", "приз"),
        ("ещё", "еще"),
        ("ЕЩЁ", "еще"),
        ("е\u0308ж", "еж"),
        ("Хочу, приз…", "хочу приз"),
        ("хочу\nприз", "хочу приз"),
        ("да-да", "да да"),
        ("Okaaay", "okay"),
        ("PRIZE", "prize"),
        ("STRASSE", "strase"),
        ("straße", "strase"),
        ("10", "10"),
        ("100", "100"),
        ("№ 5", "no 5"),
        ("1️⃣", "1"),
        ("+", "+"),
        ("+++", "+"),
        ("👍🏽", "👍"),
        ("👍👍", "👍"),
        ("", ""),
        ("   ", ""),
        ("ＰＲＩＺ", "priz"),
        ("й", "й"),
    ],
)
def test_what_is_written_is_read_as_it_is_meant(written: str, means: str) -> None:
    assert normalise(written) == means


@pytest.mark.parametrize(
    ("phrase", "mode", "text", "fits"),
    [
        ("приз", "exact", "ПРИЗ!!!", True),
        ("приз", "exact", "хочу приз", False),
        ("приз", "contains", "я хочу приз пожалуйста", True),
        ("приз", "contains", "призыв", False),
        ("приз", "contains", "сюрприз", False),
        ("хочу приз", "contains", "Я хочу, приз!", True),
        ("хочу приз", "contains", "приз хочу", False),
        ("приз", "starts", "Приз мне", True),
        ("приз", "starts", "призы мне", False),
        ("приз", "starts", "мой приз", False),
        ("+", "exact", "+++", True),
        ("цена", "contains", "цена10", False),
        ("order 10", "exact", "Order 100", False),
    ],
)
def test_a_phrase_fits_by_its_mode(phrase: str, mode: str, text: str, fits: bool) -> None:
    assert matches(normalise(phrase), mode, normalise(text)) is fits  # type: ignore[arg-type]


@given(st.text())
def test_reading_twice_is_reading_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


_word = st.text("абвг12", min_size=1, max_size=3).map(normalise)


@given(st.lists(_word, min_size=1, max_size=12), st.lists(_word, min_size=1, max_size=PHRASE_WORDS))
def test_every_phrase_that_fits_is_looked_up(text_words: list[str], phrase_words: list[str]) -> None:
    text, phrase = " ".join(text_words), " ".join(phrase_words)
    for mode in ("exact", "starts", "contains"):
        if matches(phrase, mode, text):  # type: ignore[arg-type]
            assert phrase in candidates(text)
