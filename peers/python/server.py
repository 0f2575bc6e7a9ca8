"""Our server as the peers meet it: the real program, on a port of its own, with a data folder that goes when it ends.

Beside it: the world of ../seed.toml, and linking a device without pages.
"""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
from pathlib import Path

# A generator of requests calls more often than any device.
UNLIMITED = {"OPENDRS_LIMITS_DEVICE_RATE": "0", "OPENDRS_LIMITS_CLIENT_RATE": "0"}
SEED = Path(os.environ.get("OPENDRS_TEST_SEED") or Path(__file__).resolve().parent.parent / "seed.toml")
WORLD = tomllib.loads(SEED.read_text())
MAKER = WORLD["maker"][0]
WEB = next(client for client in MAKER["profile"][0]["client"] if client["kind"] == "web")
MODEL = MAKER["model"][0]
CUSTOMER = WORLD["customer"][0]

_serials = itertools.count(1)


def serial():
    """A serial that no other device of this run has."""
    return f"PY-{next(_serials):05}"


def program():
    return os.environ.get("OPENDRS_BIN") or sys.exit("OPENDRS_BIN is not set: run `cargo xtask test --only peers`")


def link(data, unit, *words):
    """Links a unit of the model to the customer beside a running server; its tokens."""
    command = [program(), "device", "link", "--data", data, "--client", WEB["id"]]
    command += ["--model", MODEL["id"], "--serial", unit, "--customer", CUSTOMER["email"], *words]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def call_headers(name, result="1.0"):
    """The version headers of a call."""
    prefix = "com.amazon.dash.replenishment."
    return {
        "x-amzn-type-version": f"{prefix}{name}Input@1.0",
        "x-amzn-accept-type": f"{prefix}{name}Result@{result}",
    }


class Server:
    """`with Server() as server:` runs it; `server.base` is its address, `server.data` its folder.

    `settings` are environment variables of its own, by name; `server.environment` is all it has.
    """

    def __init__(self, settings=None):
        self.environment = os.environ | UNLIMITED | (settings or {})

    def __enter__(self):
        # A request to end is an exception, so that `__exit__` runs.
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda number, _: sys.exit(128 + number))
        command = [program(), "serve", "--seed", SEED, "--listen", "127.0.0.1:0", "--test-clock", "--data"]
        self.data, self.child = tempfile.mkdtemp(prefix="opendrs-peers-"), None
        try:
            self.child = subprocess.Popen([*command, self.data], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self.environment)
            self.said = []
            for line in self.child.stderr:
                self.said.append(line)
                if found := re.search(r"listens on (https?:\S+)", line):
                    self.base = found[1]
                    # Somebody must go on reading, or the server would wait for room in the pipe.
                    threading.Thread(target=lambda: self.said.extend(self.child.stderr), daemon=True).start()
                    return self
            raise RuntimeError("the server did not start:\n" + "".join(self.said))
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        try:
            if self.child:
                self.child.terminate()
                self.child.wait(25)
        finally:
            if self.child and self.child.poll() is None:
                self.child.kill()
                self.child.wait()
            shutil.rmtree(self.data, ignore_errors=True)
        if self.child and self.child.returncode != 0:
            raise RuntimeError(f"the server ended with {self.child.returncode}:\n" + "".join(self.said))
