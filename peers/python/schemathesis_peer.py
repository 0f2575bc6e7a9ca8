"""PyPI `schemathesis`: reads /-/openapi.json and proves that the device API does what it says, with all its checks.

Valid requests must be taken, invalid ones refused, and every answer must have the status, headers and body that are
described; thousands of requests, made from the description alone. What exists on this server is told by
schemathesis_hooks.py, which also adds two checks of ours; schemathesis.toml has the seed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

from checks import check, equal

HERE = Path(__file__).resolve().parent


def run(server):
    url = f"{server.base}/-/openapi.json"
    with tempfile.TemporaryDirectory(prefix="opendrs-peers-") as folder:
        counts = Path(folder, "counts.json")

        @check("schemathesis: the device API is as /-/openapi.json describes it")
        def _():
            told = {"PYTHONPATH": HERE, "PEER_DATA": server.data, "PEER_BASE": server.base, "PEER_COUNTS": counts}
            command = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml"]
            # It runs in a folder that goes, since it leaves caches behind.
            done = subprocess.run(
                [*command, "run", url, "--checks", "all", "--no-color"],
                env=os.environ | {name: str(value) for name, value in told.items()},
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
            )
            output = done.stdout
            print(output if done.returncode else output[output.index("= SUMMARY =") :], flush=True)
            equal(done.returncode, 0, "exit status")

        @check("schemathesis: it asked enough of every operation, good and bad")
        def _():
            counted = json.loads(counts.read_text())
            for path, methods in requests.get(url).json()["paths"].items():
                for method in methods:
                    name = f"{method.upper()} {path}"
                    taken = counted.get(f"{name} positive 200", 0)
                    refused = sum(n for key, n in counted.items() if key.startswith(f"{name} negative 4"))
                    print(f"        {name}: {taken} taken, {refused} refused")
                    equal((taken >= 20, refused >= 100), (True, True), name)
