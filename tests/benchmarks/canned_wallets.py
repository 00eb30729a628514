"""A wallet service that answers anybody after 50 ms with ten full rows, as cheaply as Python can.

    python -m tests.benchmarks.canned_wallets

It says where it listens, and serves until it is killed. Wallet number FIRST + n has the rows n * 100 and up; in one
of twenty wallets each look at the history shows one row more than the last.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone

from tests.providers.wallet_service import row

FIRST = 79_000_000_000
DELAY = 0.05
ROWS = 10
IDS_PER_WALLET = 100
ONE_IN = 20
MOSCOW = timezone(timedelta(hours=3))

ASKED = re.compile(rb"GET (\S*?/persons/([0-9]+)/(payments|accounts)\S*) HTTP/1.1\r\n")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nDate: %s\r\nContent-Length: %d\r\n\r\n"
BALANCE = json.dumps(
    {
        "accounts": [
            {
                "alias": "qw_wallet_rub",
                "fsAlias": "qb_wallet",
                "bankAlias": "QIWI",
                "title": "WALLET",
                "type": {"id": "WALLET", "title": "QIWI Wallet"},
                "hasBalance": True,
                "balance": {"amount": 8.74, "currency": 643},
                "currency": 643,
                "defaultAccount": True,
            }
        ]
    }
).encode()


def history_template(now: datetime) -> bytes:
    """Ten rows of the last ten minutes, with a place for each number, newest first."""
    ids = [-1 - place for place in range(ROWS)]
    dates = [(now - timedelta(minutes=place)).astimezone(MOSCOW).isoformat(timespec="seconds") for place in range(ROWS)]
    rows = [row(txnId=number, date=date) for number, date in zip(ids, dates, strict=True)]
    text = json.dumps({"data": rows, "nextTxnId": None, "nextTxnDate": None}, ensure_ascii=False)
    assert "%" not in text
    return re.sub(r'"txnId": -[0-9]+', '"txnId": %d', text).encode()


class Connection(asyncio.Protocol):
    """One kept connection, on which a client asks one thing after another."""

    template = history_template(datetime.now(MOSCOW))
    looks: Counter[int] = Counter()
    date = b"Fri, 01 Sep 2023 17:15:31 GMT"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        asked = ASKED.match(data)
        assert asked is not None and data.endswith(b"\r\n\r\n"), data
        body = BALANCE if asked[3] == b"accounts" else self.history(int(asked[2]) - FIRST)
        asyncio.get_running_loop().call_later(DELAY, self.transport.write, HEAD % (self.date, len(body)) + body)

    def history(self, wallet: int) -> bytes:
        newest = wallet * IDS_PER_WALLET + ROWS
        if wallet % ONE_IN == 0:
            self.looks[wallet] += 1
            newest += self.looks[wallet]
        return self.template % tuple(newest - place for place in range(ROWS))


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
