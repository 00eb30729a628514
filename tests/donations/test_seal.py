"""Secrets at rest, and the keys that open them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from config.keys import make_key_file
from donations.models import AccessKey, InfoToken
from donations.seal import CannotUnseal, new_public_id, peppered, reseal, seal, unseal
from tests.conftest import ROOT

SECRET = "0123456789abcdef0123456789abcdef"


def new_key() -> str:
    return Fernet.generate_key().decode()


@given(st.text())
def test_what_is_sealed_comes_out_as_it_was_and_does_not_show_through(secret):
    sealed = seal(secret)
    assert unseal(sealed) == secret
    assert len(secret) < 8 or secret not in sealed
    assert seal(secret) != sealed


@pytest.mark.parametrize("broken", ["", "x", "gAAAA", "ключ"])
def test_what_no_key_opens_is_told_without_quoting_it(broken):
    with pytest.raises(CannotUnseal) as caught:
        unseal(broken)
    assert str(caught.value) == ""
    assert caught.value.__cause__ is None


def test_the_first_key_seals_and_all_open(settings):
    old, new = new_key(), new_key()
    settings.SECRET_KEYS = [old]
    sealed = seal(SECRET)
    settings.SECRET_KEYS = [new, old]
    assert unseal(sealed) == SECRET
    rotated = reseal(sealed)
    settings.SECRET_KEYS = [new]
    assert unseal(rotated) == SECRET
    with pytest.raises(CannotUnseal):
        unseal(sealed)


def test_digests_differ_by_purpose_and_pepper(settings):
    digest = peppered("donor", "+79990000042")
    assert digest == peppered("donor", "+79990000042")
    assert digest != peppered("access-key", "+79990000042")
    settings.PEPPER = "another"
    assert digest != peppered("donor", "+79990000042")


def test_rotating_the_token_keys_keeps_donors_joined(settings):
    digest = peppered("donor", "+79990000042")
    settings.SECRET_KEYS = [new_key()]
    assert peppered("donor", "+79990000042") == digest


def test_public_ids_do_not_repeat():
    assert len({new_public_id() for _ in range(10_000)}) == 10_000


def test_a_token_shows_its_tail_alone(wallet):
    token = InfoToken.objects.get()
    assert token.tail == SECRET[-4:]
    assert SECRET[:-4] not in f"{token} {token!r} {vars(token)}"
    assert token.reveal() == SECRET


def test_reseal_moves_every_secret_under_the_first_key(wallet, anya, settings):
    key = AccessKey.mint(anya, AccessKey.Purpose.OVERLAY)
    key.save()
    link = key.reveal()
    new = new_key()
    settings.SECRET_KEYS = [new, *settings.SECRET_KEYS]
    call_command("reseal", stdout=(said := StringIO()))
    settings.SECRET_KEYS = [new]
    assert InfoToken.objects.get().reveal() == SECRET
    assert AccessKey.objects.get().reveal() == link
    assert AccessKey.objects.opened_by(link).exists()
    assert said.getvalue() == "2 re-encrypted\n"


def test_reseal_leaves_tokens_without_a_secret_alone(wallet):
    InfoToken.objects.create(wallet=wallet, state="replaced", sealed="", tail="0000")
    call_command("reseal", stdout=(said := StringIO()), stderr=(complained := StringIO()))
    assert (said.getvalue(), complained.getvalue()) == ("1 re-encrypted\n", "")
    assert InfoToken.objects.filter(sealed="").count() == 1


def test_reseal_says_what_it_cannot_open_and_does_the_rest(wallet, anya):
    AccessKey.mint(anya, AccessKey.Purpose.OVERLAY).save()
    lost = Fernet(new_key()).encrypt(SECRET.encode()).decode()
    InfoToken.objects.update(sealed=lost)
    said, complained = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 could not be read"):
        call_command("reseal", stdout=said, stderr=complained)
    assert said.getvalue() == "1 re-encrypted\n"
    assert complained.getvalue() == f"InfoToken {InfoToken.objects.get().pk}: no key opens it\n"
    assert InfoToken.objects.get().sealed == lost


def test_the_key_file_is_for_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        make_key_file(tmp_path / "new" / "keys.env")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "keys.env").stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "new") == ["keys.env"]


def test_a_second_start_keeps_the_key_file(tmp_path):
    make_key_file(tmp_path / "keys.env")
    first = (tmp_path / "keys.env").read_bytes()
    make_key_file(tmp_path / "keys.env")
    assert (tmp_path / "keys.env").read_bytes() == first


def test_two_processes_that_start_at_once_agree_on_their_keys(tmp_path):
    program = "import config.settings as s; print(s.SECRET_KEY, s.SECRET_KEYS, s.PEPPER)"
    names = ("KOPILKA_SIGNING_KEY", "KOPILKA_SECRET_KEYS", "KOPILKA_PEPPER")
    environment = {name: value for name, value in os.environ.items() if name not in names}

    def start(_number):
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**environment, "KOPILKA_DATA": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1
    assert os.listdir(tmp_path / "data") == ["keys.env"]
