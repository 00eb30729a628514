#!/usr/bin/env python
"""Kopilka's command line: `manage.py start --demo` shows everything, `manage.py help` lists the rest."""

import os
import sys

from django.core.management import execute_from_command_line

ON_WINDOWS = """\
Kopilka starts on Linux and macOS. On Windows it runs inside WSL2, which Windows brings along:
in PowerShell run `wsl --install`, open Ubuntu from the Start menu, and repeat the same command there."""

if __name__ == "__main__":
    # Asked before the command is even imported: it needs what Windows does not have.
    if sys.platform == "win32" and sys.argv[1:2] == ["start"]:
        sys.exit(ON_WINDOWS)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
