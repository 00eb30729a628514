"""The product's settings over a folder that is made for one test process and thrown away with it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Settings are read at import: a test must never touch a real installation's data.
for name in [name for name in os.environ if name.startswith("KOPILKA_")]:
    del os.environ[name]
os.environ["KOPILKA_DATA"] = tempfile.mkdtemp(prefix="kopilka-tests-")
atexit.register(shutil.rmtree, os.environ["KOPILKA_DATA"], ignore_errors=True)
# Where Python is told to keep nothing compiled, each process that a test starts would compile all of Django anew.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "compiled")
# For the processes that tests start: those run as they do anywhere.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

# First of all, since it puts DATABASE_URL aside.
from tests.databases import SERVER  # noqa: E402, I001

from config.database import postgres  # noqa: E402
from config.settings import *  # noqa: E402, F403

if SERVER:
    DATABASES = {"default": postgres(SERVER)}

# Hashing that is slow on purpose would make up most of the time of tests with people.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Pages of the suite need no collected, hashed files; the tests of `start` do have them.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT.mkdir()  # noqa: F405
