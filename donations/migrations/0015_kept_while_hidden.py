from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("donations", "0014_keys_that_end"),
    ]

    operations = [
        migrations.AddField(
            model_name="donation",
            name="name_kept",
            field=models.CharField(max_length=200, null=True),
        ),
        migrations.AddField(
            model_name="donation",
            name="words_kept",
            field=models.TextField(null=True),
        ),
    ]
