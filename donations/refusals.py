"""What went wrong when a token was tried, in words for the form where it was pasted."""

from __future__ import annotations

from django.utils.translation import gettext as _

from donations.connecting import AccountNeeded, OtherAccount
from donations.health import right_words
from donations.providers.base import (
    Blocked,
    NonsenseAnswer,
    PassingFault,
    RateLimited,
    ScopeMissing,
    SpendingToken,
    TargetMissing,
    TokenRefused,
    WrongSecret,
)


def words_for(error: Exception) -> str:
    """What went wrong, what is safe, and what to do."""
    match error:
        case ScopeMissing(scope=scope):
            return _refused_right(scope)
        case WrongSecret(kind="qiwi-p2p"):
            return _(
                "This is a key for P2P bills, not a token. Nothing was saved. You need the wallet's information token."
            )
        case WrongSecret():
            return _("This is another service's secret. Nothing was saved. Paste the wallet's read-only token.")
        case SpendingToken():
            return _(
                "This token can spend your money, so it was refused and not saved. "
                "Make one that can only read, and remove this one where you got it."
            )
        case TokenRefused():
            return _("The wallet does not accept this token. It may be mistyped, expired or replaced by a newer one.")
        case TargetMissing():
            return _("There is no such wallet. Check its number.")
        case RateLimited() | Blocked():
            return _("The wallet asked us to wait. Nothing was saved. Try again in a few minutes.")
        case PassingFault():
            return _("The wallet did not answer. Nothing was saved. Try again in a minute.")
        case NonsenseAnswer():
            return _("The wallet gave an answer that makes no sense. Nothing was saved. Try again later.")
        case AccountNeeded():
            return _("This token does not tell its wallet number. Type the number, and paste the token again.")
        case OtherAccount():
            return _(
                "This token belongs to another wallet, so the old one stays. Connect the other wallet as a new one."
            )
        case _:
            return _("The token could not be tried. Nothing was saved.")


def _refused_right(scope: str) -> str:
    if scope == "history":
        return _(
            "This token may not read the history of payments, so donations cannot be seen. "
            "Make one with that right, and check the wallet number if you typed it."
        )
    return _("This token lacks a right that is needed: %(right)s.") % {"right": right_words(scope)}
