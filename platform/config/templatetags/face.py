"""What templates need to draw: icons, messenger marks, faces, form controls, numbers and moments. Loaded everywhere."""

import json
import re
import zlib
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django import forms, template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from config.catalogue import catalogue_address
from config.environment import ROOT

register = template.Library()
register.simple_tag(catalogue_address, name="catalogue_address")

_NARROW_SPACE = "\u202f"
_TONES = 7


@register.simple_tag
def icon(name: str, size: int | str = 16, label: str = "", extra: str = "") -> SafeString:
    """Draw one of lucide's icons. With a label it is read out, without one it is decoration."""
    return format_html(
        '<svg class="icon{}{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round"'
        ' stroke-linejoin="round" {}>{}</svg>',
        " icon-20" if int(size) == 20 else "",
        f" {extra}" if extra else "",
        _spoken(label),
        mark_safe(_icons()[name]),  # noqa: S308 (our own build wrote it)
    )


@register.simple_tag
def messenger_mark(kind: str, size: int | str = 16, label: str = "") -> SafeString:
    """Draw a messenger's mark in its own colour."""
    return format_html(
        '<svg class="mark mark-{}{}" viewBox="0 0 20 20" {}>{}</svg>',
        kind,
        "" if int(size) == 16 else f" mark-{int(size)}",
        _spoken(label),
        mark_safe(_marks().get(kind, _marks()["site_chat"])),  # noqa: S308 (a file of ours)
    )


@register.simple_tag
def with_link(text: str, words: str, address: str) -> SafeString:
    """Put a link to another site where the text says `{link}`."""
    link = format_html('<a class="link" href="{}" target="_blank" rel="noreferrer">{}</a>', address, words)
    return format_html(str(text), link=link)


def _spoken(label: str) -> SafeString:
    return format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')


@cache
def _icons() -> dict[str, str]:
    drawings: dict[str, str] = json.loads((ROOT / "static" / "dist" / "icons.json").read_text())
    return drawings


@cache
def _marks() -> dict[str, str]:
    source = (ROOT / "static" / "images" / "marks.svg").read_text()
    return dict(re.findall(r'<symbol id="(\w+)"[^>]*>(.*?)</symbol>', source, re.DOTALL))


@register.filter
def initials(name: object) -> str:
    """Return the one or two letters that stand for somebody without a picture."""
    words = re.findall(r"\w+", str(name).partition("@")[0])
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def tone(name: object) -> int:
    """Return the number of a face's colour: the same name always has the same one."""
    return zlib.crc32(str(name).encode()) % _TONES


@register.filter
def number(value: int | None) -> str:
    """Write a whole number with thin spaces between thousands; nothing at all for None."""
    return "" if value is None else f"{value:,}".replace(",", _NARROW_SPACE).replace("-", "\u2212")


@register.filter
def unlocalized(value: float) -> str:
    """Write a number for a machine: with a point, whatever the reader's language has."""
    return str(value)


@register.filter
def lasting(since: datetime) -> str:
    """Write how long something has lasted: `4 min`, `2 h`, `3 d`. The parts stay on one line."""
    minutes = max(0, int((timezone.now() - since).total_seconds() // 60))
    if minutes < 60:
        text = _("%(count)d min") % {"count": minutes}
    elif minutes < 24 * 60:
        text = _("%(count)d h") % {"count": minutes // 60}
    else:
        text = _("%(count)d d") % {"count": minutes // (24 * 60)}
    return text.replace(" ", "\u00a0")


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """Write a moment as people say it, with the exact one on hover. The page keeps it fresh."""
    young = timezone.now() - moment < timedelta(days=1)
    text = naturaltime(moment) if young else date_format(timezone.localtime(moment), "j E")
    exact = date_format(timezone.localtime(moment), "j E Y, H:i") + f" {timezone.localtime(moment):%Z}"
    return format_html('<time data-ago datetime="{}" data-tip="{}" title="">{}</time>', moment.isoformat(), exact, text)


@register.filter
def control(field: BoundField) -> SafeString:
    """Draw a form's field with the face's classes, tied to its help and its errors."""
    attrs: dict[str, Any] = {"class": _control_class(field.field.widget)}
    notes = [f"{field.auto_id}_{part}" for part, there in (("help", field.help_text), ("error", field.errors)) if there]
    if notes:
        attrs["aria-describedby"] = " ".join(notes)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.filter
def is_tick(field: BoundField) -> bool:
    """Say whether a field is a single tick, whose label stands beside it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


def _control_class(widget: forms.Widget) -> str:
    own = str(widget.attrs.get("class", ""))
    kinds: tuple[tuple[type[forms.Widget], str], ...] = (
        (forms.CheckboxSelectMultiple, "checkbox"),
        (forms.RadioSelect, "radio"),
        (forms.CheckboxInput, "toggle" if "toggle" in own else "checkbox"),
        (forms.Select, "select"),
        (forms.Textarea, "textarea"),
        (forms.FileInput, "file-input"),
    )
    return f"{next((name for kind, name in kinds if isinstance(widget, kind)), 'input')} {own}".strip()
