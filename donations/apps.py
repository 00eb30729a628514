from django.apps import AppConfig


class DonationsConfig(AppConfig):
    """The money: what came in, from where, toward what."""

    name = "donations"
