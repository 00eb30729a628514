from django.urls import path, register_converter
from django.urls.converters import StringConverter

from donations.sandbox import control, qiwi_api


class HistoryVersion(StringConverter):
    """The two versions of the history."""

    regex = "v1|v2"


register_converter(HistoryVersion, "version")

QIWI = [
    path("person-profile/v1/profile/current", qiwi_api.profile, name="qiwi-profile"),
    path("funding-sources/v2/persons/<str:number>/accounts", qiwi_api.accounts, name="qiwi-balance"),
    path("payment-history/<version:version>/persons/<str:number>/payments", qiwi_api.history, name="qiwi-history"),
    path("payment-history/<version:version>/persons/<str:number>/payments/total", qiwi_api.totals, name="qiwi-totals"),
    path("payment-history/<version:version>/transactions/<int:txn_id>", qiwi_api.transaction, name="qiwi-transaction"),
    path("qw-nicknames/v1/persons/<str:number>/nickname", qiwi_api.nickname, name="qiwi-nickname"),
    path("payment-notifier/v1/hooks/active", qiwi_api.active_hook, name="qiwi-hook"),
    path("sinap/api/v2/terms/99/payments", qiwi_api.payment, name="qiwi-payment"),
]

CONTROL = [
    path("sandbox/health", control.Health.as_view(), name="health"),
    path("sandbox/wallets", control.Wallets.as_view(), name="control-wallets"),
    path("sandbox/wallets/<int:wallet>/tokens", control.Tokens.as_view(), name="control-tokens"),
    path("sandbox/tokens/<str:token>", control.OneToken.as_view(), name="control-token"),
    path("sandbox/wallets/<int:wallet>/pay", control.Pay.as_view(), name="control-pay"),
    path(
        "sandbox/wallets/<int:wallet>/transactions/<int:txn_id>",
        control.Transaction.as_view(),
        name="control-transaction",
    ),
    path("sandbox/wallets/<int:wallet>/faults", control.WalletFaults.as_view(), name="control-faults"),
    path("sandbox/wallets/<int:wallet>/books", control.Books.as_view(), name="control-books"),
]

urlpatterns = [*QIWI, *CONTROL]
