"""Every kind of wallet that Kopilka can read, by the name that a wallet's row keeps."""

from django.conf import settings

from donations.providers.base import Provider
from donations.providers.qiwi import Qiwi

PROVIDERS: dict[str, Provider] = {
    "qiwi": Qiwi("qiwi", "QIWI", "https://edge.qiwi.com", "https://qiwi.com"),
    "qiwi-sandbox": Qiwi(
        "qiwi-sandbox", "QIWI Sandbox", lambda: settings.SANDBOX_URL, lambda: settings.SANDBOX_PUBLIC_URL
    ),
}
