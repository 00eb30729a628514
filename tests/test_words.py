"""Every word that people read is there in Russian and Ukrainian: read from the source, as `makemessages` reads it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from donations.oddities import reason_words

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "donations", "widgets")
APART = ROOT / "donations" / "sandbox"
"""The sandbox: a site of its own, with a locale folder of its own."""

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
def source_messages(site: Path) -> frozenset[Message]:
    """What the source of a site, ours or the sandbox, says in English."""
    rooms = [site / room for room in ROOMS] if site == ROOT else [site]
    found: set[Message] = set()
    for path in (path for room in rooms for path in room.rglob("*.py")):
        if site == APART or not path.is_relative_to(APART):
            found.update(messages_in(ast.parse(path.read_text(encoding="utf-8"))))
    for path in (site / "templates").rglob("*.html"):
        for call in MARKED.findall(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
            found.update(messages_in(ast.parse(f"{call})")))
    return frozenset(found)


@dataclass(frozen=True)
class Catalog:
    """The words of a site in one language."""

    site: Path
    language: str

    @property
    def folder(self) -> Path:
        return self.site / "locale" / self.language / "LC_MESSAGES"

    @cached_property
    def entries(self) -> polib.POFile:
        return polib.pofile(str(self.folder / "django.po"))


def message_of(entry: polib.POEntry) -> Message:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def translations_of(entry: polib.POEntry) -> list[str]:
    """One, or one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


each_catalog = pytest.mark.parametrize(
    "catalog",
    [Catalog(site, language) for site in (ROOT, APART) for language in LANGUAGES],
    ids=lambda catalog: f"{catalog.site.name if catalog.site == APART else 'kopilka'}-{catalog.language}",
)


def test_the_source_speaks():
    assert len(source_messages(ROOT)) > 300
    assert ("", "Goal", "") in source_messages(ROOT), "from Python"
    assert ("", "Someone", "") in source_messages(ROOT), "from a template"
    assert ("", "%(n)s donation", "%(n)s donations") in source_messages(ROOT)


@each_catalog
def test_every_text_of_the_source_is_in_the_catalog_and_no_other(catalog: Catalog):
    known = {message_of(entry) for entry in catalog.entries if not entry.obsolete}
    assert source_messages(catalog.site) - known == set(), HOW_TO_RENEW
    assert known - source_messages(catalog.site) == set(), HOW_TO_RENEW


@each_catalog
def test_every_text_is_translated_for_certain(catalog: Catalog):
    forms = int(re.search(r"nplurals=(\d+)", catalog.entries.metadata["Plural-Forms"])[1])
    for entry in catalog.entries:
        assert not entry.fuzzy, entry.msgid
        assert all(text.strip() for text in translations_of(entry)), entry.msgid
        assert len(translations_of(entry)) == (forms if entry.msgid_plural else 1), entry.msgid


@each_catalog
def test_translations_keep_places_for_values_and_html(catalog: Catalog):
    for entry in catalog.entries:
        for text in translations_of(entry):
            kept = [sorted(KEPT.findall(source)) for source in (entry.msgid, entry.msgid_plural) if source]
            assert sorted(KEPT.findall(text)) in kept, text


@each_catalog
def test_translations_end_like_their_source(catalog: Catalog):
    """A label stays a label, a sentence a sentence."""
    for entry in catalog.entries:
        for text in translations_of(entry):
            assert text == text.strip(), entry.msgid
            assert text.endswith(("…", ":")) == entry.msgid.endswith(("…", ":")), text


@each_catalog
def test_translations_have_the_quotes_of_their_language(catalog: Catalog):
    for entry in catalog.entries:
        for text in translations_of(entry):
            assert not set('"“') & set(KEPT.sub("", text)), text


@each_catalog
def test_nothing_that_goes_wrong_is_shouted(catalog: Catalog):
    for entry in catalog.entries:
        if "!" not in entry.msgid:
            assert not any("!" in text for text in translations_of(entry)), entry.msgid


@each_catalog
def test_the_streamer_is_spoken_to_in_lower_case(catalog: Catalog):
    solemn = re.compile(r"(?<=[^.?!…:\s(«]\s)В(?:ы|ас|ам|ами|аш\w*|и)\b")
    for entry in catalog.entries:
        assert not any(solemn.search(text) for text in translations_of(entry)), entry.msgid


@each_catalog
def test_what_is_compiled_is_what_is_written(catalog: Catalog):
    compiled = polib.mofile(str(catalog.folder / "django.mo"))
    written = {message_of(entry): translations_of(entry) for entry in catalog.entries}
    assert {message_of(entry): translations_of(entry) for entry in compiled} == written, "run compilemessages"
    assert compiled.metadata["Plural-Forms"] == catalog.entries.metadata["Plural-Forms"]


@each_catalog
def test_a_catalog_says_whose_it_is_and_names_nobody(catalog: Catalog):
    metadata = catalog.entries.metadata
    assert (metadata["Project-Id-Version"], metadata["Language"]) == ("Kopilka", catalog.language)
    assert not metadata.get("Last-Translator") and "@" not in "".join(metadata.values()), metadata


def test_every_reason_why_a_row_is_odd_has_its_words():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "donations").rglob("*.py"))
    reasons = re.findall(r'BadRow\(.*, "(.+)"\)', source)
    assert "not a row" in reasons
    with translation.override("uk"):
        assert not [reason for reason in reasons if reason_words(reason) == reason]
        assert reason_words("txnId") == "txnId", "a name of the service's own"


@pytest.mark.parametrize(
    ("language", "one", "few", "many"), [("ru", "донат", "доната", "донатов"), ("uk", "донат", "донати", "донатів")]
)
def test_donations_are_counted_as_people_count_them(language: str, one: str, few: str, many: str):
    expected = {1: one, 2: few, 4: few, 5: many, 11: many, 12: many, 21: one, 22: few, 100: many, 111: many, 0: many}
    with translation.override(language):
        said = {n: translation.ngettext("%(n)s donation", "%(n)s donations", n) % {"n": n} for n in expected}
    assert {n: words.split() for n, words in said.items()} == {n: [str(n), word] for n, word in expected.items()}
