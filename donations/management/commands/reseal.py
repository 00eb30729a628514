"""`manage.py reseal`: re-encrypts every stored secret with the first of `KOPILKA_SECRET_KEYS`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models

from donations.models import AccessKey, InfoToken
from donations.seal import CannotUnseal, reseal


class Command(BaseCommand):
    help = "Re-encrypt tokens and links with the first key of KOPILKA_SECRET_KEYS. Then the old keys may go."

    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        kinds: list[type[models.Model]] = [InfoToken, AccessKey]
        for kind in kinds:
            # A replaced token keeps its row without its secret: there is nothing to encrypt.
            for pk, sealed in list(kind._default_manager.exclude(sealed="").values_list("pk", "sealed")):
                try:
                    done += kind._default_manager.filter(pk=pk, sealed=sealed).update(sealed=reseal(sealed))
                except CannotUnseal:
                    lost += 1
                    self.stderr.write(f"{kind.__name__} {pk}: no key opens it")
        self.stdout.write(f"{done} re-encrypted")
        if lost:
            raise CommandError(f"{lost} could not be read with these keys; keep the old keys until they are replaced")
