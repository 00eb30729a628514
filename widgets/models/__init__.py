"""The rows of the screen side, one noun a file."""

from widgets.models.controls import Controls
from widgets.models.cue import Cue
from widgets.models.deed import Deed
from widgets.models.open_page import OpenPage
from widgets.models.variation import Variation
from widgets.models.widget import Widget, WidgetState

__all__ = ["Controls", "Cue", "Deed", "OpenPage", "Variation", "Widget", "WidgetState"]
