"""Fill the sums that are new from the donations that are there."""

from django.db import migrations
from django.db.models import Count, Sum


def fill(apps, schema_editor):
    Donation = apps.get_model("donations", "Donation")
    Raised = apps.get_model("donations", "Raised")
    DonorTally = apps.get_model("donations", "DonorTally")
    BalanceCheck = apps.get_model("donations", "BalanceCheck")
    WalletState = apps.get_model("donations", "WalletState")
    settled = Donation.objects.filter(status="settled").order_by()
    counted = settled.filter(kind="gift", counts=True)
    sums = {"minor": Sum("minor"), "count": Count("pk")}
    Raised.objects.bulk_create(
        Raised(**row) for row in counted.values("streamer_id", "currency").annotate(**sums).iterator()
    )
    donors = counted.exclude(donor_key="").values("streamer_id", "donor_key", "currency").annotate(**sums)
    DonorTally.objects.bulk_create((DonorTally(**row) for row in donors.iterator()), batch_size=1000)
    ledgers = settled.exclude(wallet=None).values("wallet_id", "currency").annotate(ledger_minor=Sum("minor"))
    BalanceCheck.objects.bulk_create(BalanceCheck(**row) for row in ledgers.iterator())
    WalletState.objects.filter(wallet__streamer__sessions__ended_at=None).exclude(
        wallet__streamer__sessions=None
    ).update(live=True)


class Migration(migrations.Migration):
    dependencies = [("donations", "0002_ledger")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
