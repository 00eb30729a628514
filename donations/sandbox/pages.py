"""Pages for people: the wallets, one wallet with its switches, and QIWI's payment forms."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from donations.sandbox import books
from donations.sandbox.faults import Faults
from donations.sandbox.forms import FaultForm, PayForm, TokenForm, TransferForm, WalletForm
from donations.sandbox.guard import is_outside
from donations.sandbox.models import Row, Token, Wallet
from donations.sandbox.throttle import throttle

RECENT = 20
# Roubles that the forms offer at a touch.
SUMS = (100, 300, 500, 1000)
# The form's own names of its fields, and what a link calls them.
BLOCKABLE = {"sum": "amount", "account": "account", "comment": "comment"}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All wallets, each with a form to pay it; for clients from elsewhere with the way to that form."""
    return guests_page(request) if is_outside(request) else wallets_page(request)


def guests_page(request: HttpRequest) -> HttpResponse:
    """The names of the wallets and nothing to switch."""
    names = Wallet.objects.order_by("pk").values_list("nickname", flat=True)
    wallets = [{"nickname": name, "form": payment_path(99999, name)} for name in names]
    return render(request, "sandbox/guests.html", {"wallets": wallets})


def wallets_page(request: HttpRequest, opening: WalletForm | None = None) -> HttpResponse:
    """The list, with the form of a new wallet as it was sent if it was wrong."""
    wallets = [
        {"wallet": wallet, "balances": books.balances(wallet), "form": PayForm(auto_id=f"pay-{wallet.pk}-%s")}
        for wallet in Wallet.objects.order_by("pk")
    ]
    context = {"wallets": wallets, "opening": opening or WalletForm(), "paid": paid(request)}
    return render(request, "sandbox/wallets.html", context, status=400 if opening else 200)


@require_POST
def open_wallet(request: HttpRequest) -> HttpResponse:
    """A wallet with a read-only token."""
    form = WalletForm(request.POST)
    if not form.is_valid():
        return wallets_page(request, form)
    wallet, new = books.open_wallet(form.cleaned_data["nickname"])
    if new:
        books.issue_token(wallet)
    return redirect("wallet", wallet.pk)


@require_GET
def wallet_page(request: HttpRequest, wallet: int) -> HttpResponse:
    """One wallet with all that can be switched."""
    return render_wallet(request, get_object_or_404(Wallet, pk=wallet))


def render_wallet(request: HttpRequest, wallet: Wallet, **wrong: Any) -> HttpResponse:
    """The page, with the forms that were filled in wrongly in the place of fresh ones."""
    faults = Faults.of(wallet)
    now = timezone.now()
    context = {
        "wallet": wallet,
        "balances": books.balances(wallet),
        "rows": wallet.rows.visible(now).order_by("-second", "-txn_id", "type")[:RECENT],
        "hidden": wallet.rows.filter(visible_at__gt=now).count(),
        "tokens": wallet.tokens.order_by("retired", "-pk"),
        "links": [payment_link(request, 99, wallet.number), payment_link(request, 99999, wallet.nickname)],
        "faulty": faults != Faults(),
        "form": PayForm(),
        "fault_form": FaultForm(initial=faults.to_json()),
        "token_form": TokenForm(),
        "paid": paid(request),
        **wrong,
    }
    return render(request, "sandbox/wallet.html", context, status=400 if wrong else 200)


def payment_link(request: HttpRequest, form: int, account: str) -> str:
    """The address of a payment form for everyone, its host included."""
    root = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    return f"{root}{payment_path(form, account)}"


def payment_path(form: int, account: str) -> str:
    """The path of a payment form that knows whom it pays."""
    query = {"extra['account']": account}
    if form == 99999:
        query["extra['accountType']"] = "nickname"
    return f"{reverse('payment-form', args=[form])}?{urlencode(query)}"


def paid(request: HttpRequest) -> dict[str, Any] | None:
    """What was paid a moment ago, for the line that says so."""
    txn_id, times = request.GET.get("paid", ""), request.GET.get("times", "")
    if not (txn_id.isascii() and txn_id.isdigit() and len(txn_id) < 19 and times.isascii() and times.isdigit()):
        return None
    row = Row.objects.filter(txn_id=txn_id, type="IN").select_related("wallet").first()
    return {"row": row, "times": int(times)} if row else None


@require_POST
def pay(request: HttpRequest, wallet: int) -> HttpResponse:
    """Books the payments and returns to the page that asked."""
    receiver = get_object_or_404(Wallet, pk=wallet)
    form = PayForm(request.POST)
    if not form.is_valid():
        return render_wallet(request, receiver, form=form)
    rows = books.pay(receiver, [form.order(receiver.currency)])
    back = reverse("wallets") if request.POST.get("back") == "wallets" else reverse("wallet", args=[receiver.pk])
    return HttpResponseRedirect(f"{back}?{urlencode({'paid': rows[-1].txn_id, 'times': len(rows)})}")


@require_POST
def switch_faults(request: HttpRequest, wallet: int) -> HttpResponse:
    """Replaces the wallet's faults, or clears them and a block for too many calls with them."""
    owner = get_object_or_404(Wallet, pk=wallet)
    mended = "clear" in request.POST
    form = FaultForm({} if mended else request.POST)
    if not form.is_valid():
        return render_wallet(request, owner, fault_form=form)
    if mended:
        throttle.lift(owner.pk)
    Faults.from_json(form.cleaned_data).save(owner)
    return redirect("wallet", owner.pk)


@require_POST
def new_token(request: HttpRequest, wallet: int) -> HttpResponse:
    """Another token for the wallet."""
    owner = get_object_or_404(Wallet, pk=wallet)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return render_wallet(request, owner, token_form=form)
    books.issue_token(owner, form.cleaned_data["scopes"])
    return redirect("wallet", owner.pk)


@require_POST
def retire_token(request: HttpRequest, wallet: int, token: int) -> HttpResponse:
    """Switches a token off, or on again."""
    found = get_object_or_404(Token, pk=token, wallet=wallet)
    found.retired = not found.retired
    found.save(update_fields=["retired"])
    return redirect("wallet", wallet)


@require_http_methods(["GET", "POST"])
def payment_form(request: HttpRequest, form: int) -> HttpResponse:
    """QIWI's form: by phone (99) or by nickname (99999), filled in by the parameters of the link."""
    told = prefilled(request.GET, form)
    blocked = frozenset(
        BLOCKABLE[value]
        for key, value in request.GET.items()
        if key.startswith("blocked[") and value in BLOCKABLE and told.get(BLOCKABLE[value])
    )
    if request.method == "POST":
        filled = {**request.POST.dict(), **{name: told[name] for name in blocked}}
        transfer = TransferForm(filled, blocked=blocked)
        if transfer.is_valid():
            return redirect("thanks", give(transfer.cleaned_data).txn_id)
    else:
        transfer = TransferForm(initial=told, blocked=blocked)
    receiver = Wallet.objects.filter(**{"number" if told["account"].isdigit() else "nickname": told["account"]}).first()
    sums = () if "amount" in blocked else SUMS
    context = {"form": transfer, "receiver": receiver, "sums": sums}
    return render(request, "sandbox/form.html", context, status=400 if transfer.errors else 200)


def give(gift: dict[str, Any]) -> Row:
    """Books what a person filled in; the forms know roubles only, as the originals do."""
    order = books.Order(gift["amount"], comment=gift["comment"] or None)
    return books.pay(gift["account"], [order])[0]


def prefilled(query: QueryDict, form: int) -> dict[str, str]:
    """
    The fields as the link fills them in. A sum needs both its parts and the currency, else it stays empty;
    `amountFraction` is kopecks. The form for nicknames never knew the comment.
    """
    rubles, kopecks = query.get("amountInteger", ""), query.get("amountFraction", "")
    exact = all(part.isascii() and part.isdigit() for part in (rubles, kopecks)) and len(kopecks) <= 2
    amount = ""
    if exact and int(rubles) <= 99_999 and query.get("currency") == "643":
        minor = int(rubles) * 100 + int(kopecks)
        amount = f"{minor // 100}.{minor % 100:02}".removesuffix(".00") if minor else ""
    return {
        "account": query.get("extra['account']", "").removeprefix("+"),
        "amount": amount,
        "comment": query.get("extra['comment']", "") if form == 99 else "",
    }


@require_GET
def thanks(request: HttpRequest, txn_id: int) -> HttpResponse:
    """After a payment: what went to whom."""
    row = get_object_or_404(Row.objects.select_related("wallet"), txn_id=txn_id, type="IN", kind="transfer")
    again = payment_path(99999, row.wallet.nickname)
    return render(request, "sandbox/thanks.html", {"row": row, "again": again})
