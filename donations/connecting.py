"""Connecting a wallet to its service: verify, connect, check, replace or remove a token, read now, archive.

HTTP comes first and outside any transaction; what was found out is then written at once.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil

from django.utils import timezone

from donations.checks import forget_baselines
from donations.events import Log, writing
from donations.models import InfoToken, Streamer, Wallet, WalletState
from donations.pace import is_live, make_due
from donations.providers import PROVIDERS
from donations.providers.base import Account, Credential, Profile, Provider
from donations.telling import tell


class AccountNeeded(Exception):
    """The token does not tell which account is meant: one of `accounts`, or, if these are empty, one to be typed."""

    def __init__(self, accounts: tuple[Account, ...] = ()) -> None:
        super().__init__(f"one of {len(accounts)} accounts" if accounts else "an account number")
        self.accounts = accounts


class OtherAccount(Exception):
    """The new token opens another account than the wallet's."""


def verify(provider_name: str, secret: str, account: str = "") -> Profile:
    """What this secret opens; raises `ProviderError`, a spending token among them. Nothing is stored."""
    provider = PROVIDERS[provider_name]
    return provider.verify(provider.tidy(Credential(secret)), account)


def connect(
    streamer: Streamer,
    provider_name: str,
    secret: str,
    account: str = "",
    title: str = "",
    poll_seconds: int = 60,
) -> Wallet:
    """Verify the token and begin to read its wallet now. A known wallet, archived too, is used again with this token.

    Raises `ProviderError` and `AccountNeeded`; then nothing is stored. `poll_seconds` never goes below the provider's.
    """
    provider = PROVIDERS[provider_name]
    credential = provider.tidy(Credential(secret))
    profile = provider.verify(credential, account)
    found = _chosen(profile, account)
    with writing(streamer.pk) as log:
        wallet = Wallet.objects.filter(streamer=streamer, provider=provider_name, account=found.id).first()
        wallet = wallet or Wallet(streamer=streamer, provider=provider_name, account=found.id)
        was_archived = wallet.archived_at is not None
        wallet.title = title or wallet.title or found.title[:80]
        wallet.poll_seconds = max(poll_seconds, ceil(provider.minimum_interval.total_seconds()))
        wallet.archived_at = None
        wallet.save()
        _put_token(wallet, provider, credential, profile, log.now)
        state = _begin_anew(wallet, log.now, whole=was_archived)
        if was_archived:
            forget_baselines(wallet)
        tell(log, state)
        return wallet


def replace_token(wallet: Wallet, secret: str) -> InfoToken:
    """Read the wallet with this token from now on; the old one becomes REPLACED.

    Raises `ProviderError`, or `OtherAccount` when the token belongs to another wallet; then the old one stays.
    """
    provider = PROVIDERS[wallet.provider]
    credential = provider.tidy(Credential(secret))
    profile = provider.verify(credential, wallet.account)
    if wallet.account not in {account.id for account in profile.accounts}:
        raise OtherAccount
    with writing(wallet.streamer_id) as log:
        token = _put_token(wallet, provider, credential, profile, log.now)
        tell(log, _begin_anew(wallet, log.now))
        return token


def check_token(wallet: Wallet) -> Profile:
    """Ask the service what the stored token opens now, and note its rights.

    Raises `ProviderError`, `CannotUnseal`, and `InfoToken.DoesNotExist` where there is no working token.
    """
    token = wallet.tokens.working().get()
    provider = PROVIDERS[wallet.provider]
    profile = provider.verify(Credential(token.reveal(), token.base_url), wallet.account)
    wallet.tokens.filter(pk=token.pk).update(read_only=profile.read_only, missing=list(profile.missing))
    return profile


def revoke_token(wallet: Wallet) -> None:
    """Forget the wallet's secret: it is read no more until a new token is put in."""
    with writing(wallet.streamer_id) as log:
        # The row stays as history, its secret does not.
        wallet.tokens.update(sealed="")
        wallet.tokens.working().update(state=InfoToken.State.REVOKED)
        _stop(log, wallet)


def archive_wallet(wallet: Wallet) -> None:
    """Stop reading, forget the secret, keep the donations. Connecting the same account brings it back."""
    with writing(wallet.streamer_id) as log:
        wallet.archived_at = log.now
        wallet.save(update_fields=["archived_at"])
        wallet.tokens.update(sealed="")
        wallet.tokens.working().update(state=InfoToken.State.REVOKED)
        _stop(log, wallet)


def poll_now(wallet: Wallet) -> bool:
    """Make the wallet due for the poller's next round. False where it cannot be: no token, or shut out for now."""
    readable = WalletState.objects.filter(
        wallet=wallet, wallet__archived_at=None, wallet__tokens__state=InfoToken.State.WORKING
    )
    if not readable.exclude(error_until__gt=timezone.now()).exists():
        return False
    make_due(wallet)
    return True


def _chosen(profile: Profile, account: str) -> Account:
    if len(profile.accounts) == 1:
        return profile.accounts[0]
    named = [found for found in profile.accounts if found.id == account]
    if not named:
        raise AccountNeeded(tuple(profile.accounts))
    return named[0]


def _put_token(
    wallet: Wallet, provider: Provider, credential: Credential, profile: Profile, now: datetime
) -> InfoToken:
    wallet.tokens.exclude(state=InfoToken.State.REVOKED).update(state=InfoToken.State.REPLACED, sealed="")
    life = now + provider.token_life if provider.token_life else None
    token = InfoToken(
        wallet=wallet,
        base_url=credential.base_url,
        read_only=profile.read_only,
        missing=list(profile.missing),
        expires_at=profile.expires_at or life,
    )
    token.put(credential.secret)
    token.save()
    return token


def _begin_anew(wallet: Wallet, now: datetime, whole: bool = False) -> WalletState:
    """Due now, without the old token's errors. `whole`: as if it had never been read, so that no gap is left.

    Without its claim a poll in flight cannot write what the old token was told.
    """
    notes: dict[str, object] = {
        "next_poll_at": now,
        "hurry": True,
        "claim": "",
        "claim_until": None,
        "error": "",
        "error_detail": "",
        "error_since": None,
        "error_until": None,
        "fault_count": 0,
        "live": is_live(wallet.streamer_id),
    }
    if whole:
        notes |= dict.fromkeys(
            ("bookmark", "last_read_at", "read_3h_at", "read_3d_at", "read_30d_at", "alerts_from", "reread_asked_at")
        )
    state, _created = WalletState.objects.update_or_create(wallet=wallet, defaults=notes)
    return state


def _stop(log: Log, wallet: Wallet) -> None:
    WalletState.objects.filter(wallet=wallet).update(next_poll_at=None, claim="", claim_until=None)
    tell(log, WalletState.objects.select_related("wallet").get(wallet=wallet))
