"""The mail server's address, as a host writes it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.crew import NOT_FOR_STRANGERS
from config.mail import MailServer

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("address", "host", "port", "user", "password", "starts_tls", "is_tls"),
    [
        ("smtp://localhost", "localhost", 25, "", "", False, False),
        ("smtp://anya:secret@mail.example.org", "mail.example.org", 587, "anya", "secret", True, False),
        ("smtp://anya%40x.org:p%40ss%3A@mail.example.org:2525", "mail.example.org", 2525, "anya@x.org", "p@ss:",
         True, False),
        ("smtps://anya:secret@mail.example.org", "mail.example.org", 465, "anya", "secret", False, True),
    ],
)  # fmt: skip
def test_an_address_says_it_all(address, host, port, user, password, starts_tls, is_tls):
    server = MailServer.at(address)
    assert (server.host, server.port, server.user, server.password) == (host, port, user, password)
    assert (server.starts_tls, server.is_tls) == (starts_tls, is_tls)
    assert "secret" not in repr(server)


@pytest.mark.parametrize(
    "address",
    ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:port", "smtp://anya@h", "smtp://:secret@h"],
)
def test_an_address_that_makes_no_sense_is_refused_without_being_quoted(address):
    with pytest.raises(ImproperlyConfigured) as refused:
        MailServer.at(address)
    assert "smtp://user:password@" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_sandbox_is_not_told_of_it():
    assert "KOPILKA_EMAIL_URL" in NOT_FOR_STRANGERS


SETTINGS = "SENDS_MAIL", "EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_USE_TLS", "DEFAULT_FROM_EMAIL"


def settings_of(folder: Path, **environment: str) -> list[str]:
    """What an installation with this environment has."""
    code = f"from config import settings; print(*(getattr(settings, name) for name in {SETTINGS!r}), sep='\\n')"
    environment = {"PATH": os.environ["PATH"], "KOPILKA_DATA": str(folder), **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


def test_no_letters_are_written_unless_there_is_a_mail_server(tmp_path):
    off = settings_of(tmp_path, KOPILKA_URL="https://donate.example.org")
    assert off == [
        "False", "django.core.mail.backends.dummy.EmailBackend", "localhost", "False", "kopilka@donate.example.org"
    ]  # fmt: skip
    on = settings_of(tmp_path, KOPILKA_EMAIL_URL="smtp://u:p@mail.example.org", KOPILKA_EMAIL_FROM="money@example.org")
    assert on == [
        "True", "django.core.mail.backends.smtp.EmailBackend", "mail.example.org", "True", "money@example.org"
    ]  # fmt: skip
