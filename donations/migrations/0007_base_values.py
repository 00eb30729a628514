"""Bring values into the currency that each streamer has now: older code left them as they were when it changed."""

from django.db import migrations
from django.db.models import F


def correct(apps, schema_editor):
    Streamer = apps.get_model("donations", "Streamer")
    Donation = apps.get_model("donations", "Donation")
    for pk, currency in Streamer.objects.values_list("pk", "currency"):
        own = Donation.objects.filter(streamer_id=pk, currency=currency)
        own.exclude(base_minor=F("minor")).update(base_minor=F("minor"))
        others = Donation.objects.filter(streamer_id=pk).exclude(currency=currency)
        others.filter(base_minor=F("minor")).update(base_minor=None)


class Migration(migrations.Migration):
    dependencies = [("donations", "0006_told")]

    operations = [migrations.RunPython(correct, migrations.RunPython.noop)]
