"""Copies the newest order of an SQLite store many times, each copy an hour older: `many_orders.py FOLDER NUMBER`.

Nothing else makes ten thousand orders in a second. The order must have ended, so that no worker has to do with its copies.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

# An id begins with six bytes of time, in milliseconds.
HOUR = 60 * 60 * 1000 << 80


def copies(columns, row, number):
    place = columns.index("id")
    newest = int.from_bytes(row[place], "big")
    for n in range(1, number + 1):
        copy = list(row)
        copy[place] = (newest - n * HOUR).to_bytes(16, "big")
        yield copy


def main(folder, number):
    with closing(sqlite3.connect(Path(folder) / "opendrs.db", timeout=20)) as store, store:
        found = store.execute("SELECT * FROM orders WHERE state = 'cancelled' ORDER BY id DESC LIMIT 1")
        columns = [column[0] for column in found.description]
        places = ", ".join("?" for _ in columns)
        row = found.fetchone()
        store.executemany(f"INSERT INTO orders ({', '.join(columns)}) VALUES ({places})", copies(columns, row, int(number)))


main(*sys.argv[1:])
