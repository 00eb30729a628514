from django.apps import AppConfig


class WidgetsConfig(AppConfig):
    """The screen: overlays, cues, public pages."""

    name = "widgets"
