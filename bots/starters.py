"""Ready flows to begin with: a blank one, and three that work as they are. Called when a flow is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from bots.graph import FORMAT, Graph, load


@dataclass(frozen=True, slots=True)
class Starter:
    """A ready flow: what it is called and what it is good for."""

    name: Promise
    about: Promise
    icon: str
    build: Callable[[], dict[str, Any]]


def starters() -> Mapping[str, Starter]:
    """Return the ready flows by their keys."""
    return _STARTERS


def build(key: str, language: str) -> tuple[str, Graph]:
    """Return the name and the graph of a ready flow, in the words of a language."""
    with override(language):
        starter = _STARTERS[key]
        return str(starter.name), load({"format": FORMAT, **starter.build()})


def _message(text: str, then: str | None = None) -> dict[str, Any]:
    return {"type": "message", "text": text, "attachments": [], "buttons": [], "next": then}


def _choice(text: str, *buttons: tuple[str, str]) -> dict[str, Any]:
    replies = [
        {"kind": "reply", "id": f"b{number}", "text": words, "target": target}
        for number, (words, target) in enumerate(buttons, start=1)
    ]
    return {"type": "buttons", "text": text, "attachments": [], "buttons": replies}


def _keyword(number: int, mode: str, *phrases: str) -> dict[str, Any]:
    return {"id": f"t{number}", "kind": "keyword", "mode": mode, "phrases": list(phrases)}


def _flow(triggers: list[dict[str, Any]], **nodes: dict[str, Any]) -> dict[str, Any]:
    return {"start": next(iter(nodes), None), "triggers": triggers, "nodes": nodes, "order": list(nodes)}


def _blank() -> dict[str, Any]:
    return _flow([], s1=_message(""))


def _welcome() -> dict[str, Any]:
    menu = _("What would you like to know?")
    return _flow(
        [{"id": "t1", "kind": "welcome"}, _keyword(2, "exact", _("menu"), _("start"))],
        s1=_message(_("Hello! Good to see you here."), "s2"),
        s2=_choice(menu, (_("Prices"), "s3"), (_("Delivery"), "s4"), (_("Contacts"), "s5")),
        s3=_choice(_("Our prices start at 990 ₽. Tell us what you need, and we will count it."), (_("Menu"), "s2")),
        s4=_choice(_("We deliver in 1 to 3 days. Orders over 3,000 ₽ are delivered free."), (_("Menu"), "s2")),
        s5=_choice(_("We are here from 9:00 to 21:00. Write here, and a manager will answer."), (_("Menu"), "s2")),
    )


def _prize() -> dict[str, Any]:
    yes, no = _("Yes, I take part"), _("Not now")
    return _flow(
        [_keyword(1, "contains", _("prize"), _("gift"))],
        s1=_choice(_("*You are one step from the prize!* Will you take part in the draw?"), (yes, "s2"), (no, "s3")),
        s2=_message(_("Done, you are in. We will write to the winners here on Friday.")),
        s3=_message(_("All right. If you change your mind, write “prize”.")),
    )


def _questions() -> dict[str, Any]:
    more = _("Another question")
    return _flow(
        [_keyword(1, "contains", _("question"), _("help")), _keyword(2, "exact", "?")],
        s1=_choice(
            _("What is your question about?"),
            (_("Payment"), "s2"),
            (_("Returns"), "s3"),
            (_("Something else"), "s4"),
        ),
        s2=_choice(_("You can pay by card, by SBP or in cash to the courier."), (more, "s1")),
        s3=_choice(_("You can return an order within 14 days. Keep the receipt."), (more, "s1")),
        s4=_message(_("Write your question in one message, and a manager will answer it.")),
    )


_STARTERS: Mapping[str, Starter] = {
    "welcome": Starter(
        gettext_lazy("Welcome with a menu"),
        gettext_lazy("Greets newcomers and offers three topics as buttons."),
        "hand",
        _welcome,
    ),
    "prize": Starter(
        gettext_lazy("Prize for a keyword"),
        gettext_lazy("Starts when somebody writes “prize”, and asks whether he takes part."),
        "gift",
        _prize,
    ),
    "questions": Starter(
        gettext_lazy("Answers to questions"),
        gettext_lazy("Answers the usual questions and leaves the others to a manager."),
        "circle-help",
        _questions,
    ),
    "blank": Starter(
        gettext_lazy("Blank flow"),
        gettext_lazy("An empty list: you write every step yourself."),
        "file-plus",
        _blank,
    ),
}
