"""`manage.py audit`: count everything anew that is kept beside the ledger, and say what differs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from donations.audit import CHECKS, audit
from donations.mending import mend
from donations.models import Donation, Streamer


class Command(BaseCommand):
    help = "Recounts totals, donors, goals, balances, streams and the log; exits 1 with a list when anything differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--streamer", metavar="SLUG", help="this one alone")
        parser.add_argument("--mend", action="store_true", help="make right what differs; payments wait meanwhile")

    def handle(self, *args: Any, **options: Any) -> None:
        streamers = Streamer.objects.real().order_by("slug")
        if options["streamer"]:
            streamers = streamers.filter(slug=options["streamer"])
            if not streamers.exists():
                raise CommandError(f"There is no streamer {options['streamer']}.")
        found = 0
        for streamer in streamers:
            differences = self._tell(streamer)
            if differences and options["mend"]:
                mend(streamer)
                self.stdout.write(f"{streamer.slug}: mended, and looked at again")
                differences = self._tell(streamer)
            found += differences
        if found:
            raise CommandError(f"{found} differ from the ledger.")
        donations = Donation.objects.filter(streamer__in=streamers).count()
        self.stdout.write(
            f"All is well: {streamers.count()} streamers with {donations} donations, {len(CHECKS)} checks each."
        )

    def _tell(self, streamer: Streamer) -> int:
        """A line for each difference; answers how many there are."""
        found = 0
        for difference in audit(streamer):
            self.stdout.write(f"{streamer.slug}: {difference}")
            found += 1
        return found
