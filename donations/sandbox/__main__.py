"""
`python -m donations.sandbox --port 8101 --bind 127.0.0.1 --data DIR [--public-url URL] [-v]`

Serves imaginary wallets from DIR/sandbox.sqlite3. The first line on stdout, once it serves, is
`sandbox listening on http://127.0.0.1:PORT`; port 0 takes a free one. SIGTERM or Ctrl-C ends it within a second.
"""

import argparse
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from donations.sandbox.server import Server, stopping


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m donations.sandbox", description="Wallets of imaginary money.")
    parser.add_argument("--port", type=int, default=8101, help="0 takes a free port")
    parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the ledger")
    parser.add_argument("--public-url", default="", help="where people reach its pages, if elsewhere")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each request's method and route")
    return parser.parse_args()


def configure(data: Path, public_url: str, verbose: bool) -> None:
    """Settles Django on this data folder and brings its file up to date."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "donations.sandbox.settings"
    data.mkdir(parents=True, exist_ok=True)
    settings.DATABASES["default"]["NAME"] = data / "sandbox.sqlite3"
    settings.SECRET_KEY = secret_key(data / "sandbox.key")
    settings.PUBLIC_URL = public_url.rstrip("/")
    if public_url:
        address = urlsplit(public_url)
        settings.CSRF_TRUSTED_ORIGINS = [f"{address.scheme}://{address.netloc}"]
    settings.LOGGING["loggers"]["sandbox"]["level"] = "INFO" if verbose else "WARNING"
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def secret_key(path: Path) -> str:
    """The site's key, made at the first start."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii")


def end(signum: int, frame: Any) -> None:
    """Leaves the serving loop."""
    raise SystemExit(0)


def main() -> None:
    """Binds first, so that a taken port is said before anything is made."""
    options = arguments()
    try:
        server = Server(options.bind, options.port)
    except OSError as error:
        sys.exit(f"sandbox: cannot listen on {options.bind}:{options.port}: {error.strerror}")
    configure(options.data, options.public_url, options.verbose)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    serve(server)


def serve(server: Server) -> None:
    """Serves until a signal; then who is being answered gets half a second."""
    server.set_app(get_wsgi_application())
    print(f"sandbox listening on {server.url}", flush=True)
    try:
        server.serve_forever()
    finally:
        stopping.set()
        server.server_close()
        server.wait_idle(0.5)


if __name__ == "__main__":
    main()
