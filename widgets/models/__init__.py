"""The rows of the screen side, one noun a file."""

from widgets.models.cue import Cue
from widgets.models.widget import Widget, WidgetState

__all__ = ["Cue", "Widget", "WidgetState"]
