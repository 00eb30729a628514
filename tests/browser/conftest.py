"""What is given and shown on Anya's stream, for the tests that bring it to a real browser."""

from tests.widgets.conftest import data_folder, give

__all__ = ["data_folder", "give"]
