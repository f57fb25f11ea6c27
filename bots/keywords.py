"""When two phrases are the same to a person: «ПРИЗ», «приз)))» and «Приииз!» are. Pure; called by triggers and steps.

Normalised are case, ё, punctuation, emoji, spaces and repeated letters. Digits are kept as they are: 10 is not 100.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

PHRASE_WORDS = 8  # of a trigger; so the phrases hidden in a message can be counted off
_TEXT_LENGTH = 4000
_WORD_LIMIT = 300
# Shapes of emoji and invisible joiners: they change how a sign looks, not what it says.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
_RANKS: dict[str, int] = {"exact": 0, "starts": 1, "contains": 2}


def normalise(text: str) -> str:
    """Return what the text says, in the one form in which phrases are compared.

    A text of signs alone (a plus, a thumb) keeps them: people are asked to send such.
    """
    text = unicodedata.normalize("NFKC", text[:_TEXT_LENGTH])
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).casefold()).replace("ё", "е")
    words = "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in text).split()
    if not words:
        words = text.split()
    return " ".join(_squeeze(word) for word in words)


def matches(phrase: str, mode: str, text: str) -> bool:
    """Say whether a normalised text is, starts with or contains the words of a normalised phrase."""
    if not phrase or not text:
        return False
    if mode == "exact":
        return text == phrase
    if mode == "starts":
        return f"{text} ".startswith(f"{phrase} ")
    return f" {phrase} " in f" {text} "


def rank(phrase: str, mode: str) -> tuple[int, int]:
    """Return how well a phrase fits; the smallest wins: exact, then starts, then contains; longer before shorter."""
    return _RANKS[mode], -len(phrase)


def candidates(text: str) -> set[str]:
    """Return every phrase that a normalised text could match, so that triggers are looked up and not gone through."""
    words = text.split()[:_WORD_LIMIT]
    return {text, *_runs_of(words)} - {""}


def _runs_of(words: list[str]) -> Iterator[str]:
    for start in range(len(words)):
        for length in range(1, PHRASE_WORDS + 1):
            yield " ".join(words[start : start + length])


def _squeeze(word: str) -> str:
    return "".join("".join(run) if sign.isnumeric() else sign for sign, run in groupby(word))
