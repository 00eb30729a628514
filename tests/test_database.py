"""`DATABASE_URL` as libpq reads it, and what is said of a wrong one."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.database import postgres

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "facts"),
    [
        ("postgres://a:b@host:6432/money", ("a", "b", "host", 6432, "money")),
        ("postgresql://a@[::1]/money", ("a", "", "::1", "", "money")),
        ("postgres:///money", ("", "", "", "", "money")),
        ("postgres://a%40b:1+2%2F%23%25@host/%D0%B4%D0%BE%D0%BC", ("a@b", "1+2/#%", "host", "", "дом")),
    ],
)
def test_each_part_of_the_address_is_read(url, facts):
    settings = postgres(url)
    assert tuple(settings[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")) == facts


def test_options_of_the_driver_are_passed_on_and_override_ours():
    options = postgres("postgres:///money?host=/var/run/Postgres&sslmode=require&connect_timeout=3")["OPTIONS"]
    assert options["host"] == "/var/run/Postgres"
    assert options["sslmode"] == "require"
    assert options["connect_timeout"] == "3"
    assert "lock_timeout" in options["options"]


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://a:{SECRET}@host/money",
        f"sqlite:///{SECRET}",
        f"postgres://a:{SECRET}@host",
        f"postgres://a:{SECRET}@host/",
        f"postgres://a:{SECRET}@host:port/money",
        f"postgres://a:{SECRET}@host:99999/money",
        f"postgres://a:{SECRET}#1@host/money",
        f"postgres://a:{SECRET}/1@host/money",
        f"postgres://a:{SECRET}?1@host/money",
        f"postgres://a:1/{SECRET}@host",
        f"postgres://a:{SECRET}@[host/money",
        f"postgres://a:{SECRET}@host/money?sslmode",
        f"postgres://a:{SECRET}@host/money#here",
        f"host=here password={SECRET}",
        SECRET,
    ],
)
def test_a_wrong_address_is_refused_in_words_that_do_not_repeat_it(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be an address such as") as refused:
        postgres(url)
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
