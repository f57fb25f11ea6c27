"""Fills the gaps of a text with what is known of a person: Liquid, with limits. Pure; `handover` and `batches` call it.

A person's name may hold the marks of our formatting, so what is filled in is escaped where the text has markup.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from messengers import markup
from messengers.content import Content, Template


class BadTemplateError(ValueError):
    """The text cannot be filled; the words say where and why."""


class _Environment(Environment):
    loop_iteration_limit = 1_000
    output_stream_limit = 100_000  # bytes
    context_depth_limit = 10
    local_namespace_limit = 100_000  # bytes


_ENVIRONMENT = _Environment()
_MARKS = ("{{", "{%")
_FACTS = ("name", "first_name", "last_name", "phone", "email", "language")
_FACT = re.compile(rf"\{{\{{\s*({'|'.join(_FACTS)})\s*\}}\}}")
_RANGE = re.compile(r"\{[{%][^}]*\.\.[^}]*[%}]\}")
_MARKUP = frozenset(
    "*_~`[]()\\"
)  # without any of these there is nothing to escape, and escaping costs more than all else


def has_gaps(content: Content) -> bool:
    """Say whether anything in a message waits for a person's facts."""
    return any(mark in text for text in _texts(content) for mark in _MARKS)


def check(content: Content) -> None:
    """Raise BadTemplateError when the text of a message cannot be filled."""
    for text in _texts(content):
        if any(mark in text for mark in _MARKS):
            _template(text)


def facts(name: str, phone: str, email: str, language: str) -> dict[str, str]:
    """Return what may be said of a contact, by the names that templates use."""
    first, _, last = name.strip().partition(" ")
    return {
        "name": name,
        "first_name": first,
        "last_name": last.strip(),
        "phone": phone,
        "email": email,
        "language": language,
    }


def fill(content: Content, person: Mapping[str, str]) -> Content:
    """Return the message with its gaps filled. BadTemplateError when that fails or leaves nothing to say."""
    pieces = _pieces(content.text)
    if pieces:
        known = {fact: _told(person[fact], content) for fact in pieces[1::2]}
        text = "".join([known[piece] if number % 2 else piece for number, piece in enumerate(pieces)])
    else:
        text = _rendered(content.text, {fact: _told(value, content) for fact, value in person.items()})
    if not text.strip() and not (content.attachments or content.location or content.cards):
        raise BadTemplateError("empty_content")
    if content.template is not None:
        return content.model_copy(update={"text": text, "template": _filled_template(content.template, person)})
    return content.model_copy(update={"text": text, "subject": _line(content.subject, person)})


def fill_value(text: str, person: Mapping[str, str]) -> str:
    """Return what stands in a gap of an approved message, in one line. BadTemplateError when nothing would."""
    value = _line(text, person)
    if not value:
        raise BadTemplateError("empty_gap")
    return value


def _line(text: str, person: Mapping[str, str]) -> str:
    return " ".join(_rendered(text, person).split()) if any(mark in text for mark in _MARKS) else text


def _texts(content: Content) -> list[str]:
    template = content.template
    return [
        content.text,
        content.subject,
        *(template.header + template.body + list(template.urls.values()) if template else ()),
    ]


def _filled_template(template: Template, person: Mapping[str, str]) -> Template:
    return template.model_copy(
        update={
            "header": [fill_value(one, person) for one in template.header],
            "body": [fill_value(one, person) for one in template.body],
            "urls": {button: fill_value(one, person) for button, one in template.urls.items()},
        }
    )


def _rendered(text: str, known: Mapping[str, Any]) -> str:
    try:
        return _template(text).render(**known)
    except Exception as error:  # filters raise whatever Python raises, and one message must not hold up all others
        raise BadTemplateError(str(error)) from error


@lru_cache(maxsize=500)
def _pieces(text: str) -> list[str]:
    """Return text, fact, text, …, of a template with nothing but plain facts in it; else nothing.

    Most mailings say no more than a name, and to render a template costs a third of all that a message costs.
    """
    pieces = _FACT.split(text)
    return [] if any(mark in piece for piece in pieces[::2] for mark in _MARKS) else pieces


def _told(value: str, content: Content) -> str:
    return _escaped(value) if content.markup else value


def _escaped(value: str) -> str:
    return value if _MARKUP.isdisjoint(value) else markup.escape(value)


@lru_cache(maxsize=500)
def _template(text: str) -> BoundTemplate:
    if _RANGE.search(text):
        raise BadTemplateError("A range of numbers could fill the memory: it is not allowed here.")
    try:
        return _ENVIRONMENT.from_string(text)
    except LiquidError as error:
        raise BadTemplateError(str(error)) from error
