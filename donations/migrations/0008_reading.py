import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("donations", "0007_base_values"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="donation",
            name="donations_of_a_stream",
        ),
        migrations.AlterField(
            model_name="donation",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="donations",
                to="donations.streamsession",
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="streamer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="donations",
                to="donations.streamer",
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="wallet",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="donations",
                to="donations.wallet",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="streamer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="donations.streamer",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("counts", True), ("kind", "gift"), ("listed", True), ("status", "settled")),
                fields=["wallet", "currency", "-occurred_at", "-id"],
                name="newest_of_a_wallet",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("session__isnull", False)),
                fields=["session", "currency", "status", "kind", "in_stream", "minor"],
                name="donations_of_a_stream",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("donor_key", ""), _negated=True),
                fields=["streamer", "donor_key", "-occurred_at", "-id"],
                name="newest_of_a_donor",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["streamer", "-occurred_at", "-id"],
                name="newest_pending",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["streamer", "-occurred_at", "-id"],
                name="newest_failed",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("hidden_at__isnull", False)),
                fields=["streamer", "-occurred_at", "-id"],
                name="newest_hidden",
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(
                condition=models.Q(("wallet__isnull", True)),
                fields=["streamer", "-occurred_at", "-id"],
                name="newest_by_hand",
            ),
        ),
    ]
