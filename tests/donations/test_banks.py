"""Central banks' files of rates: what is understood, what is refused, and the way to a donation's value."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ, Schedule
from hypothesis import given
from hypothesis import strategies as st

from config.management.commands.start import schedule_day
from donations import tasks
from donations.banks import BANKS, BadFile, cbr, nbu
from donations.banks.base import LARGEST_FILE, Quote
from donations.events import writing
from donations.ingest import ingest
from donations.models import Donation, Rate
from donations.models.rate import SCALE
from donations.money import Money
from donations.providers.base import Kind, Payment, Status
from donations.tallies import raised, save_goal
from tests.providers.wallet_service import Canned, Service

DAY = date(2026, 11, 25)

VALUTE = """<Valute ID="{id}"><NumCode>{number}</NumCode><CharCode>{code}</CharCode><Nominal>{nominal}</Nominal>\
<Name>{name}</Name><Value>{value}</Value><VunitRate>{value}</VunitRate></Valute>"""
ROUBLES = [
    ("R01010", "036", "AUD", "1", "Австралийский доллар", "52,1044"),
    ("R01090B", "933", "BYN", "1", "Белорусский рубль", "27,0426"),
    ("R01235", "840", "USD", "1", "Доллар США", "80,1234"),
    ("R01239", "978", "EUR", "1", "Евро", "93,0008"),
    ("R01335", "398", "KZT", "100", "Тенге", "15,9234"),
    ("R01720", "980", "UAH", "10", "Гривен", "19,2870"),
]
HRYVNIAS = [
    {"r030": 36, "txt": "Австралійський долар", "rate": 27.1044, "cc": "AUD", "exchangedate": "25.11.2026"},
    {"r030": 398, "txt": "Теньге", "rate": 0.082345, "cc": "KZT", "exchangedate": "25.11.2026"},
    {"r030": 840, "txt": "Долар США", "rate": 41.5012, "cc": "USD", "exchangedate": "25.11.2026", "special": None},
    {"r030": 978, "txt": "Євро", "rate": 48, "cc": "EUR", "exchangedate": "25.11.2026"},
    {"r030": 959, "txt": "Золото", "rate": None, "cc": "XAU", "exchangedate": "25.11.2026"},
]


def roubles(rows=ROUBLES, day="25.11.2026", encoding="windows-1251") -> bytes:
    """The Bank of Russia's file with figures that might be."""
    fields = ("id", "number", "code", "nominal", "name", "value")
    valutes = "".join(VALUTE.format(**dict(zip(fields, row, strict=True))) for row in rows)
    text = f'<?xml version="1.0" encoding="{encoding}"?><ValCurs Date="{day}" name="Foreign Currency Market">{valutes}'
    return f"{text}</ValCurs>".encode(encoding)


def dollars(value="80,1234", nominal="1", code="USD", **facts) -> bytes:
    return roubles([("R01235", "840", code, nominal, "Доллар США", value)], **facts)


def hryvnias(*rows) -> bytes:
    return json.dumps(rows or HRYVNIAS, ensure_ascii=False).encode()


def row(**changes) -> dict:
    return HRYVNIAS[2] | changes


def rates_of(quotes) -> dict[str, Decimal]:
    return {quote.currency: quote.rate for quote in quotes}


def test_the_bank_of_russia_says_roubles_for_a_number_of_units():
    quotes = cbr.parse(roubles())
    assert {quote.day for quote in quotes} == {DAY}
    assert rates_of(quotes) == {
        "BYN": Decimal("27.0426"),
        "USD": Decimal("80.1234"),
        "EUR": Decimal("93.0008"),
        "KZT": Decimal("0.159234"),
        "UAH": Decimal("1.92870"),
    }


def test_its_file_is_read_in_whatever_encoding_the_names_are():
    whole = cbr.parse(roubles())
    assert cbr.parse(roubles(encoding="utf-8")) == cbr.parse(roubles(encoding="utf-16")) == whole


def test_the_nbu_says_hryvnias_for_one_unit_or_for_as_many_as_it_says():
    quotes = nbu.parse(hryvnias())
    assert {quote.day for quote in quotes} == {DAY}
    assert rates_of(quotes) == {"KZT": Decimal("0.082345"), "USD": Decimal("41.5012"), "EUR": Decimal(48)}
    assert nbu.parse(hryvnias(row(rate=823.45, units=1000, cc="KZT"))) == [Quote("KZT", DAY, Decimal("0.82345"))]


BOMB = '<!DOCTYPE ValCurs [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE ValCurs SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html><body>503</body></html>",
        b'<ValCurs Date="25.11.2026" name="Foreign Currency Market">Error in parameters</ValCurs>',
        roubles()[:-20],
        roubles().replace(b"<ValCurs", BOMB.encode() + b"<ValCurs").replace(b"80,1234", b"&b;"),
        roubles().replace(b"<ValCurs", OUTSIDE.encode() + b"<ValCurs"),
        roubles().replace(b"80,1234", b"&b;"),
        roubles(day="31.11.2026"),
        roubles(day="2026-11-25"),
        roubles([*ROUBLES, ROUBLES[2]]),
        roubles(ROUBLES[:1]),
        roubles() + b" " * LARGEST_FILE,
        *(
            dollars(value)
            for value in ("0", "0,0000", "-80,1234", "8e9", "NaN", "80,12,34", "", "&#65304;&#65296;", "1000000000")
        ),
        *(dollars(nominal=nominal) for nominal in ("0", "-1", "1,5", "", "99999999")),
        b"<a>" * 20_000,
    ],
    ids=lambda raw: f"{len(raw)} bytes",
)
def test_a_file_of_the_bank_of_russia_that_cannot_be_trusted_is_refused_whole(raw):
    with pytest.raises(BadFile):
        cbr.parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"[1]",
        b"null",
        b"<html></html>",
        b"[" * 50_000,
        hryvnias()[:-5],
        hryvnias(*HRYVNIAS, HRYVNIAS[2]),
        hryvnias(HRYVNIAS[0]),
        hryvnias() + b" " * LARGEST_FILE,
        b'[{"cc": "USD", "rate": 1e999999999, "exchangedate": "25.11.2026"}]',
        b'[{"cc": "USD", "rate": 1e-999999999, "exchangedate": "25.11.2026"}]',
        *(hryvnias(row(rate=rate)) for rate in (0, -41.5, 10**7, True, "41.5", None, float("nan"), [], 0.00001)),
        *(hryvnias(row(units=units)) for units in (0, -1, 1.5, "1", None)),
        *(hryvnias(row(exchangedate=day)) for day in (None, "2026-11-25", "30.02.2026", 25112026)),
        *(hryvnias(row(cc=code)) for code in (None, 840, [], "")),
    ],
    ids=lambda raw: f"{len(raw)} bytes",
)
def test_a_file_of_the_nbu_that_cannot_be_trusted_is_refused_whole(raw):
    with pytest.raises(BadFile):
        nbu.parse(raw)


def bent(whole: bytes) -> st.SearchStrategy[bytes]:
    """A good file with a piece of it cut out and something else put in."""
    place = st.integers(0, len(whole))
    return st.builds(lambda a, b, more: whole[: min(a, b)] + more + whole[max(a, b) :], place, place, anything)


anything = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"<Valute>", b"&x;", b"<!DOCTYPE a>", b"<![CDATA[", b"-", b"0", b",", b"e9", b"[", b"{", b'"', b"null"]
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
odd_rows = st.lists(st.dictionaries(st.sampled_from(["cc", "rate", "units", "exchangedate"]), values), max_size=3)


@pytest.mark.parametrize("parse", [cbr.parse, nbu.parse])
@given(raw=st.one_of(anything, bent(roubles()), bent(hryvnias()), odd_rows.map(lambda rows: json.dumps(rows).encode())))
def test_whatever_comes_is_rates_that_can_be_or_a_bad_file(parse, raw):
    try:
        quotes = parse(raw)
    except BadFile:
        return
    assert quotes
    assert all(quote.rate > 0 and int(quote.rate * SCALE) > 0 for quote in quotes)


# --- from the bank to the goal ----------------------------------------------------------------------------------------


@pytest.fixture
def bank() -> Iterator[Service]:
    """A bank's web server."""
    service = Service()
    yield service
    service.close()


@pytest.fixture
def today():
    """The day that it is for the tasks."""
    return timezone.now().date()


@pytest.fixture
def both_on(bank, settings):
    """The host has switched both banks on."""
    settings.CBR_URL, settings.NBU_URL = f"{bank.url}/XML_daily.asp", f"{bank.url}/exchange?json"


def work() -> None:
    """Do what is in the queue, and what comes of it, as a worker does."""
    while queued := OrmQ.objects.order_by("pk").first():
        task = queued.task
        queued.delete()
        import_string(task["func"])(*task["args"])


def the_day_comes() -> None:
    tasks.day()
    work()


def kept() -> dict[tuple[str, str], tuple[int, str]]:
    return {(row.currency, row.base): (row.scaled, row.source) for row in Rate.objects.all()}


def written(day) -> str:
    return f"{day:%d.%m.%Y}"


def test_without_addresses_nobody_is_asked(db, bank):
    the_day_comes()
    assert (bank.asked, kept()) == ([], {})


def test_both_banks_fill_the_table_and_the_goal_follows(wallet, goal, bank, both_on, today):
    goal.counts_others = True
    save_goal(goal)
    gift = Payment("1:IN", Status.SETTLED, Kind.GIFT, Money(20_00, "USD"), timezone.now())
    with writing(wallet.streamer_id) as log:
        ingest(log, wallet, [gift], None)
    assert raised(goal).minor == 0
    bank.says(
        Canned(roubles(day=written(today))),
        Canned(hryvnias(*({**row, "exchangedate": written(today)} for row in HRYVNIAS))),
    )
    the_day_comes()
    assert {request.path for request in bank.asked} == {"/XML_daily.asp", "/exchange"}
    assert kept()["USD", "RUB"] == (80_1234_0000, "cbr")
    assert kept()["KZT", "RUB"] == (1592_3400, "cbr")
    assert kept()["USD", "UAH"] == (41_5012_0000, "nbu")
    assert Donation.objects.get().base_minor == 1602_47
    assert (raised(goal).minor, raised(goal).count) == (1602_47, 1)
    the_day_comes()
    assert len(kept()) == len(Rate.objects.all()) == 8


def test_what_the_host_wrote_for_a_day_stays_and_the_banks_own_is_renewed(db, bank, settings, today):
    settings.CBR_URL = bank.url
    Rate.objects.create(day=today, currency="USD", base="RUB", scaled=SCALE)
    Rate.objects.create(day=today, currency="EUR", base="RUB", scaled=SCALE, source=Rate.Source.CBR)
    bank.says(Canned(roubles(day=written(today))))
    the_day_comes()
    assert kept()["USD", "RUB"] == (SCALE, "host")
    assert kept()["EUR", "RUB"] == (93_0008_0000, "cbr")


@pytest.mark.parametrize(
    "answer",
    [
        Canned(b"<html>we are closed</html>"),
        Canned(roubles(), status=503),
        Canned(b"", status=302, headers={"Location": "https://example.org/"}),
        Canned(roubles(day="01.09.2023")),
        Canned(speak=lambda wire: wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<Val")),
        Canned(b" " * (4 * 1024 * 1024 + 1)),
    ],
)
def test_when_the_file_cannot_be_had_or_trusted_the_old_rates_stay_and_the_log_says_so(
    db, bank, settings, caplog, today, answer
):
    settings.CBR_URL = bank.url
    Rate.objects.create(day=today - timedelta(days=1), currency="USD", base="RUB", scaled=SCALE)
    bank.says(answer)
    with caplog.at_level(logging.WARNING, "kopilka"):
        the_day_comes()
    assert kept() == {("USD", "RUB"): (SCALE, "host")}
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "No new rates from the Bank of Russia, the old ones stay"
    ]
    assert bank.url not in caplog.text


def test_a_bank_that_is_down_does_not_keep_the_other_one_away(db, bank, settings, today):
    settings.CBR_URL, settings.NBU_URL = "http://127.0.0.1:9/", bank.url
    bank.says(Canned(hryvnias(row(exchangedate=written(today)))))
    the_day_comes()
    assert kept() == {("USD", "UAH"): (41_5012_0000, "nbu")}


def test_banks_are_named_as_the_rates_that_come_from_them():
    assert {bank.name for bank in BANKS.values()} == set(Rate.Source.values) - {"host"}


def test_the_day_comes_at_every_start_and_once_a_day_whenever_that_was(db):
    schedule_day()
    evening = timezone.now() + timedelta(days=1)
    Schedule.objects.update(next_run=evening)
    schedule_day()
    (row,) = Schedule.objects.all()
    assert (row.func, row.schedule_type, row.repeats, row.next_run) == ("donations.tasks.day", "D", -1, evening)
    assert [queued.task["func"] for queued in OrmQ.objects.all()] == ["donations.tasks.day"] * 2
    work()
