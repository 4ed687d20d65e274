"""A member of staff at the console: pages, their forms, their buttons, as a browser uses them."""

import csv
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import StringIO
from urllib.parse import urljoin, urlsplit

import requests

from bot.demo.tour.checks import Failed, check

SECONDS = 30
LONGEST_COMPLAINT = 300
_UNSEEN = ("script", "style", "head", "template")
_EMPTY = ("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")
Value = str | list[str]


@dataclass
class Form:
    """A form as it stands on a page: `fields` are what it would send untouched."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def filled(self, given: dict[str, Value]) -> list[tuple[str, str]]:
        """What is sent when somebody fills in `given`; several values tick several boxes."""
        kept = [(name, value) for name, value in self.fields if name not in given]
        for name, value in given.items():
            kept += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return kept


@dataclass(frozen=True)
class Page:
    """A page as somebody sees it. `alerts` are what it complains about and what it confirms."""

    url: str
    status: int
    words: str
    heading: str
    alerts: tuple[str, ...]
    forms: tuple[Form, ...]
    links: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def form(self, action: str) -> Form:
        """The first form whose address matches; raises `Failed` with what the page says."""
        for form in self.forms:
            if re.search(action, form.action):
                return form
        raise Failed(f"a form for {action} on {self.path}", self.complaint)

    def link(self, address: str) -> str:
        """The first link to a matching address."""
        for found, _ in self.links:
            if re.search(address, found):
                return found
        raise Failed(f"a link to {address} on {self.path}", self.complaint)

    @property
    def complaint(self) -> str:
        said = " ".join((f"{self.status}", self.heading, *self.alerts))
        return said[:LONGEST_COMPLAINT]

    def search(self, pattern: str) -> re.Match[str]:
        """What a pattern finds among the page's words; raises `Failed` if it finds nothing."""
        found = re.search(pattern, self.words)
        if found is None:
            raise Failed(f"“{pattern}” on {self.path}", self.complaint)
        return found

    def numbers(self, pattern: str) -> tuple[int, ...]:
        """The numbers a pattern finds, likewise."""
        return tuple(map(int, self.search(pattern).groups()))


class Console:
    """One browser of one person."""

    def __init__(self, url: str, name: str = "") -> None:
        self._url = url
        self._name = name
        self._browser = requests.Session()
        self._browser.trust_env = False

    def open(self, path: str) -> Page:
        """A page that must be there."""
        page = self._read(self._browser.get(urljoin(self._url, path), timeout=SECONDS))
        check(page.status == 200, f"the page {page.path}{self._for}", page.complaint)
        return page

    def table(self, path: str) -> list[list[str]]:
        """The lines of a CSV file, without its headings."""
        response = self._browser.get(urljoin(self._url, path), timeout=SECONDS)
        check(response.ok, f"the table {path}{self._for}", response.status_code)
        response.encoding = "utf-8-sig"
        return list(csv.reader(StringIO(response.text)))[1:]

    def press(self, page: Page, action: str, button: str = "", **fields: Value) -> Page:
        """Fill in a form of a page and press its button (the only one, or that with this value);
        the page that follows. Raises `Failed` where that is no success.
        """
        form = page.form(action)
        found = self.send(page, form, button, **fields)
        expected = f"“{_label(form, button)}” to succeed{self._for}"
        check(found.status == 200, expected, found.complaint)
        return found

    def send(self, page: Page, form: Form, button: str = "", **fields: Value) -> Page:
        """The same where it may be refused."""
        data = form.filled(dict(fields))
        data += [(name, value) for name, value, _ in form.buttons if name and value == button]
        url = urljoin(page.url, form.action)
        return self._read(self._browser.post(url, data=data, timeout=SECONDS))

    def sign_in(self, email: str, password: str) -> Page:
        """In English, whatever the browser asks for."""
        page = self.open("/console/sign-in")
        page = self.press(page, "/console/language$", "en")
        found = self.send(page, page.form("/sign-in$"), email=email, password=password)
        check(found.status == 200, f"the sign-in of {email} to succeed", found.complaint)
        return found

    @property
    def _for(self) -> str:
        return f" for {self._name}" if self._name else ""

    def _read(self, response: requests.Response) -> Page:
        reader = _Reader()
        reader.feed(response.text)
        reader.close()
        for form in reader.forms:
            form.action = urlsplit(urljoin(response.url, form.action)).path
        return Page(
            url=response.url,
            status=response.status_code,
            words=_tidy(" ".join(reader.words)),
            heading=_tidy(" ".join(reader.heading)),
            alerts=tuple(_tidy(" ".join(said)) for said in reader.alerts),
            forms=tuple(reader.forms),
            links=tuple(reader.links),
        )


def _label(form: Form, button: str) -> str:
    labels = [label for _, value, label in form.buttons if value == button or not button]
    return labels[0] if labels else form.action


def _tidy(words: str) -> str:
    return " ".join(words.split())


class _Reader(HTMLParser):
    """Collects what can be seen and sent, as the parser calls `handle_starttag`, `handle_endtag`
    and `handle_data`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.heading: list[str] = []
        self.alerts: list[list[str]] = []
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._inside: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._textarea: tuple[str, list[str]] | None = None
        self._button: tuple[str, str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.words.append(" ")
        if tag not in _EMPTY:
            kind = _kind_of(tag, given)
            self._inside.append((tag, kind))
            if kind == "alert":
                self.alerts.append([])
        if tag == "a" and "href" in given:
            self.links.append((given["href"], given.get("class", "")))
        elif tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None and "disabled" not in given:
            self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                form.fields.append((name, value))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            chosen = [pair for pair in form.fields if pair[0] == self._select]
            if not chosen or "selected" in given:
                form.fields = [pair for pair in form.fields if pair not in chosen]
                form.fields.append((self._select, value))
        elif tag == "textarea":
            self._textarea = (name, [])
        elif tag == "button":
            self._button = (name, value, [])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._textarea and self._form:
            name, words = self._textarea
            self._form.fields.append((name, "".join(words).removeprefix("\n")))
            self._textarea = None
        elif tag == "button" and self._button and self._form:
            name, value, words = self._button
            self._form.buttons.append((name, value, _tidy(" ".join(words))))
            self._button = None
        while self._inside and any(tag == inner for inner, _ in self._inside):
            if self._inside.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        kinds = {kind for _, kind in self._inside}
        if self._textarea is not None:
            self._textarea[1].append(data)
        if "unseen" in kinds:
            return
        self.words.append(data)
        if self._button is not None:
            self._button[2].append(data)
        if "heading" in kinds:
            self.heading.append(data)
        if "alert" in kinds and self.alerts:
            self.alerts[-1].append(data)


def _kind_of(tag: str, given: dict[str, str]) -> str:
    """Which part of a page an element is, as far as anybody asks."""
    if tag in _UNSEEN:
        return "unseen"
    if tag == "h1":
        return "heading"
    classes = given.get("class", "").split()
    return "alert" if "problem" in classes or "said" in classes else ""
