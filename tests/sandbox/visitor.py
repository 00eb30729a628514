"""A person with a browser: sees a page, fills in its form, sends it with the page's own token against forgery."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    """A form of a page: where it goes and what stands in its fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)


class PageParser(HTMLParser):
    """Finds the forms of a page and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        elif self.forms and name and tag in ("input", "textarea", "select"):
            if given.get("type") not in ("checkbox", "radio"):
                self.forms[-1].fields[name] = given.get("value") or ""
            if "readonly" in given:
                self.forms[-1].fixed.add(name)
            if tag == "textarea":
                self.area = name

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1].fields[self.area] += data.removeprefix("\n")
        else:
            self.words.append(data)


@dataclass
class Page:
    """What the visitor sees."""

    answer: requests.Response
    forms: list[Form]
    words: str

    @classmethod
    def of(cls, answer: requests.Response) -> Page:
        parser = PageParser()
        parser.feed(answer.text)
        return cls(answer, parser.forms, " ".join(" ".join(parser.words).split()))

    def form(self, ending: str) -> Form:
        """The form that is sent to an address with this end."""
        return next(form for form in self.forms if form.action.endswith(ending))


class Visitor:
    """Keeps cookies, follows redirects, reads one language."""

    def __init__(self, url: str, language: str = "en", **headers: str) -> None:
        self.url = url
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.headers.update({"Accept-Language": language, **headers})

    def see(self, path: str, query: dict[str, str] | None = None) -> Page:
        return Page.of(self.browser.get(urljoin(self.url, path), params=query, timeout=20))

    def send(self, page: Page, form: Form, **filled: object) -> Page:
        """Sends the form as it stands, with what is filled in."""
        address = urljoin(page.answer.url, form.action)
        return Page.of(self.browser.post(address, data={**form.fields, **filled}, timeout=20))
