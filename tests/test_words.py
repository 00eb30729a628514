"""Every word that people read is there in Russian and Ukrainian: read from the source, as `makemessages` reads it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "donations", "widgets")
APART = ROOT / "donations" / "sandbox"
"""A site of its own, with a locale folder of its own."""

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
HOW_TO_RENEW = "uv run manage.py makemessages -l ru -l uk --no-obsolete --no-location, translate, compilemessages"

MARKS = re.compile(r"(?:_|gettext(?:_lazy)?|(?:n|p|np)gettext(?:_lazy)?)")
STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
MARKED = re.compile(rf"\b(?:_|n?p?gettext)\({STRING}(?:, {STRING})*")
KEPT = re.compile(r"%\(\w+\)[sd]|%[sd]|<[^>]+>")
"""What a translation takes over as it is: places for values, and HTML."""

Message = tuple[str, str, str]
"""Context, text, plural; empty where there is none."""


def messages_in(tree: ast.AST) -> Iterator[Message]:
    """The texts that calls of gettext's functions mark. Raises AssertionError for one that is no literal."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and MARKS.fullmatch(node.func.id)):
            continue
        name = node.func.id.removesuffix("_lazy")
        has_context, has_plural = "pgettext" in name, name.startswith("n")
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        texts = [text for text in texts if isinstance(text, str)]
        assert len(texts) == 1 + has_context + has_plural, f"not found by makemessages: {ast.unparse(node)}"
        yield texts.pop(0) if has_context else "", texts[0], texts[1] if has_plural else ""


@cache
def source_messages() -> frozenset[Message]:
    """What the source tree says in English."""
    found: set[Message] = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if not path.is_relative_to(APART):
                found.update(messages_in(ast.parse(path.read_text(encoding="utf-8"))))
    for path in (ROOT / "templates").rglob("*.html"):
        for call in MARKED.findall(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
            found.update(messages_in(ast.parse(f"{call})")))
    return frozenset(found)


def folder(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES"


@cache
def catalog(language: str) -> polib.POFile:
    return polib.pofile(str(folder(language) / "django.po"))


def message_of(entry: polib.POEntry) -> Message:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def translations_of(entry: polib.POEntry) -> list[str]:
    """One, or one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


each_language = pytest.mark.parametrize("language", LANGUAGES)


def test_the_source_speaks():
    assert len(source_messages()) > 300
    assert ("", "Goal", "") in source_messages(), "from Python"
    assert ("", "Someone", "") in source_messages(), "from a template"
    assert ("", "%(n)s donation", "%(n)s donations") in source_messages()


@each_language
def test_every_text_of_the_source_is_in_the_catalog_and_no_other(language: str):
    known = {message_of(entry) for entry in catalog(language) if not entry.obsolete}
    assert source_messages() - known == set(), HOW_TO_RENEW
    assert known - source_messages() == set(), HOW_TO_RENEW


@each_language
def test_every_text_is_translated_for_certain(language: str):
    forms = int(re.search(r"nplurals=(\d+)", catalog(language).metadata["Plural-Forms"])[1])
    for entry in catalog(language):
        assert not entry.fuzzy, entry.msgid
        assert all(text.strip() for text in translations_of(entry)), entry.msgid
        assert len(translations_of(entry)) == (forms if entry.msgid_plural else 1), entry.msgid


@each_language
def test_translations_keep_places_for_values_and_html(language: str):
    for entry in catalog(language):
        for text in translations_of(entry):
            assert sorted(KEPT.findall(text)) == sorted(KEPT.findall(entry.msgid)), text


@each_language
def test_translations_end_like_their_source(language: str):
    """A label stays a label, a sentence a sentence."""
    for entry in catalog(language):
        for text in translations_of(entry):
            assert text == text.strip(), entry.msgid
            assert text.endswith(("…", ":")) == entry.msgid.endswith(("…", ":")), text


@each_language
def test_translations_have_the_quotes_of_their_language(language: str):
    for entry in catalog(language):
        for text in translations_of(entry):
            assert not set('"“') & set(KEPT.sub("", text)), text


@each_language
def test_nothing_that_goes_wrong_is_shouted(language: str):
    for entry in catalog(language):
        if "!" not in entry.msgid:
            assert not any("!" in text for text in translations_of(entry)), entry.msgid


@each_language
def test_the_streamer_is_spoken_to_in_lower_case(language: str):
    solemn = re.compile(r"(?<=[^.?!…:\s(«]\s)В(?:ы|ас|ам|ами|аш\w*|и)\b")
    for entry in catalog(language):
        assert not any(solemn.search(text) for text in translations_of(entry)), entry.msgid


@each_language
def test_what_is_compiled_is_what_is_written(language: str):
    compiled = polib.mofile(str(folder(language) / "django.mo"))
    written = {message_of(entry): translations_of(entry) for entry in catalog(language)}
    assert {message_of(entry): translations_of(entry) for entry in compiled} == written, "run compilemessages"
    assert compiled.metadata["Plural-Forms"] == catalog(language).metadata["Plural-Forms"]


@each_language
def test_a_catalog_says_whose_it_is_and_names_nobody(language: str):
    metadata = catalog(language).metadata
    assert (metadata["Project-Id-Version"], metadata["Language"]) == ("Kopilka", language)
    assert not metadata.get("Last-Translator") and "@" not in "".join(metadata.values()), metadata


@pytest.mark.parametrize(
    ("language", "one", "few", "many"), [("ru", "донат", "доната", "донатов"), ("uk", "донат", "донати", "донатів")]
)
def test_donations_are_counted_as_people_count_them(language: str, one: str, few: str, many: str):
    expected = {1: one, 2: few, 4: few, 5: many, 11: many, 12: many, 21: one, 22: few, 100: many, 111: many, 0: many}
    with translation.override(language):
        said = {n: translation.ngettext("%(n)s donation", "%(n)s donations", n) % {"n": n} for n in expected}
    assert {n: words.split() for n, words in said.items()} == {n: [str(n), word] for n, word in expected.items()}
