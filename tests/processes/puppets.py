"""The real supervisor with small children: `puppets.py RUN_DIR '{"name": "python code"}' [PULSE_FILE PATIENCE]`.

A list in the place of code is a whole command. The pulse is the text of a file and belongs to the first child.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from config.supervisor import Child, Pulse, Supervisor

PYTHON = [sys.executable, "-u", "-c"]

if __name__ == "__main__":
    run_dir, plays, *pulse_of = sys.argv[1:]
    children = [
        Child(name, play if isinstance(play, list) else [*PYTHON, play], os.environ, once=name == "once")
        for name, play in json.loads(plays).items()
    ]
    pulse = Pulse(children[0], Path(pulse_of[0]).read_text, float(pulse_of[1])) if pulse_of else None
    launcher = int(os.environ["LAUNCHER"]) if "LAUNCHER" in os.environ else None
    Supervisor(children, Path(run_dir), pulse, launcher).run()
