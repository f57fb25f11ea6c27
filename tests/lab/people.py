"""The people of the lab: each has one phone for every bot of every messenger."""

from dataclasses import asdict, dataclass
from typing import Any

_FIRST = {
    "ru": "Анна Мария Софья Алиса Ольга Елена Ирина Дарья Полина Вера Иван Пётр Артём Максим Лев Игорь Олег Юрий",
    "en": "Anna Mary Sophie Alice Olga Helen Irene Dora Pauline Vera John Peter Arthur Max Leo George Oliver Henry",
}
_LAST = {
    "ru": "Белых Чутких Коваленко Лысенко Шевчук Долгих Черных Гончар Бойко Седых Мельник Ткач Кравец Сухих Мороз",
    "en": "Baker Carter Cooper Fisher Gardner Hunter Mason Miller Palmer Porter Potter Sawyer Taylor Turner Walker",
}


def names(count: int, language: str) -> list[str]:
    """Return so many names of people, as different as these words allow."""
    first, last = (words.get(language, words["en"]).split() for words in (_FIRST, _LAST))
    return [f"{first[at % len(first)]} {last[(at // len(first) + at) % len(last)]}" for at in range(count)]


@dataclass(slots=True)
class Person:
    """A person as messengers know him."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language: str = "ru"
    phone: str = ""

    @property
    def key(self) -> str:
        """What the account and the switches call him."""
        return str(self.id)

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.first_name} {self.last_name}".strip()


class People:
    """Everybody whom the lab has made."""

    FIRST_ID = 700_000_001

    def __init__(self) -> None:
        self.by_id: dict[int, Person] = {}
        self._by_digits: dict[str, Person] = {}  # of their phone numbers

    def add(self, name: str, *, language: str = "ru", phone: str = "", username: str = "") -> Person:
        """Make a person of this name."""
        first, _, last = name.partition(" ")
        number = next(reversed(self.by_id), self.FIRST_ID - 1) + 1
        phone = phone or f"+7900{number % 10_000_000:07d}"
        person = Person(number, first, last, username or f"lab_{number}", language, phone)
        self._know(person)
        return person

    def find(self, key: str | int) -> Person | None:
        """Return the person of this id."""
        return self.by_id.get(int(key)) if str(key).isdigit() else None

    def with_phone(self, number: str) -> Person | None:
        """Return whose phone number it is, in whatever form."""
        return self._by_digits.get(_digits(number))

    def kept(self) -> list[dict[str, Any]]:
        """Return what a later lab needs to know them again."""
        return [asdict(person) for person in self.by_id.values()]

    def restore(self, kept: list[dict[str, Any]]) -> None:
        """Know these people again."""
        self.by_id, self._by_digits = {}, {}
        for one in kept:
            self._know(Person(**one))

    def _know(self, person: Person) -> None:
        self.by_id[person.id] = person
        self._by_digits.setdefault(_digits(person.phone), person)


def _digits(number: str) -> str:
    return "".join(letter for letter in number if letter.isdecimal())
