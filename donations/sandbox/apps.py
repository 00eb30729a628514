from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """The sandbox as a Django app of its own, apart from the project's apps."""

    name = "donations.sandbox"
    label = "sandbox"
    default_auto_field = "django.db.models.BigAutoField"
