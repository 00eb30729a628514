"""The task queue under its supervisor, as `start` runs it, without the rest of the crew.

python -m tests.soak.jobs DATA_FOLDER STALE_AFTER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config.crew import heartbeat, manage
from config.crew_on_postgres import Heartbeat
from config.supervisor import Child, Pulse, Supervisor


def main() -> None:
    folder, stale_after = Path(sys.argv[1]), float(sys.argv[2])
    jobs = Child("jobs", manage("qcluster"), os.environ)
    url = os.environ.get("DATABASE_URL")
    pulse = Pulse(jobs, Heartbeat(url) if url else heartbeat(folder / "kopilka.sqlite3"), stale_after)
    Supervisor([jobs], folder / "run", pulse).run()


if __name__ == "__main__":
    main()
