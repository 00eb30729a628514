from pathlib import Path

from django.urls import path, register_converter
from django.urls.converters import IntConverter, StringConverter
from django.views.static import serve

from donations.sandbox import control, pages, qiwi_api


class HistoryVersion(StringConverter):
    """The two versions of the history."""

    regex = "v1|v2"


class FormNumber(IntConverter):
    """The two forms: by phone and by nickname."""

    regex = "99|99999"


register_converter(HistoryVersion, "version")
register_converter(FormNumber, "form_number")

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

PEOPLE = [
    path("", pages.index, name="wallets"),
    path("wallets/", pages.open_wallet, name="open-wallet"),
    path("wallets/<int:wallet>/", pages.wallet_page, name="wallet"),
    path("wallets/<int:wallet>/pay", pages.pay, name="pay"),
    path("wallets/<int:wallet>/faults", pages.switch_faults, name="faults"),
    path("wallets/<int:wallet>/tokens", pages.new_token, name="new-token"),
    path("wallets/<int:wallet>/tokens/<int:token>/retire", pages.retire_token, name="retire-token"),
    path("payment/form/<form_number:form>", pages.payment_form, name="payment-form"),
    path("payment/thanks/<int:txn_id>", pages.thanks, name="thanks"),
    path("static/<path:path>", serve, {"document_root": Path(__file__).parent / "static"}, name="static"),
]

urlpatterns = [*QIWI, *CONTROL, *PEOPLE]
