"""Corrections to a contact made beside the conversation. Called by the panel's endpoint."""

import phonenumbers
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, EmailStr, Field, TypeAdapter, ValidationError

from audience.models import Contact
from chatpanel import listing, live
from messengers.models import Conversation
from workspaces import audit
from workspaces.models import User

_EMAIL = TypeAdapter(EmailStr)


class Correction(BaseModel):
    """New values; what is not given stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=40)
    email: str | None = Field(default=None, max_length=254)


class WrongFieldsError(Exception):
    """Some values cannot be; `fields` says why."""

    def __init__(self, fields: dict[str, str]) -> None:
        """Keep the reasons by field."""
        super().__init__(fields)
        self.fields = fields


@transaction.atomic
def correct(conversation: Conversation, correction: Correction, editor: User, *, region: str) -> Contact:
    """Write the values down in their normal form, and tell the panels. Phones without a country are of `region`."""
    contact = Contact.objects.select_for_update(no_key=True).get(pk=conversation.contact_id)
    wanted = correction.model_dump(exclude_none=True)
    before = audit.snapshot(contact, wanted)
    wrong: dict[str, str] = {}
    for field, value in wanted.items():
        try:
            setattr(contact, field, _normal(field, value, region))
        except ValueError as error:
            wrong[field] = str(error)
    if wrong:
        raise WrongFieldsError(wrong)
    contact.save(update_fields=list(wanted))
    if changes := audit.changed(before, contact):
        audit.record(editor, "contact.corrected", contact, changes)
    ids = list(Conversation.objects.filter(contact=contact).values_list("id", flat=True))
    listing.touch(ids)
    live.tell(ids)
    return contact


def _normal(field: str, value: str, region: str) -> str:
    if field == "phone" and value:
        return _phone(value, region)
    if field == "email" and value:
        return _email(value)
    return value


def _phone(value: str, region: str) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError(_("This is not a phone number. Example: +7 912 345-67-89."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(value: str) -> str:
    try:
        return _EMAIL.validate_python(value).lower()
    except ValidationError as error:
        raise ValueError(_("This is not an e-mail address. Example: anna@example.com.")) from error
