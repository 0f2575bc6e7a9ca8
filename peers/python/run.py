"""Clients that others wrote in Python use our server: each peer in a file of its own, with a server of its own.

$OPENDRS_BIN is the program. Ends with a line `N passed, M failed`, and with 0 only when none failed.
"""

import sys

import aiosmtpd_peer
import moto_peer
import notify_peer
import oidc_provider_mock_peer
import requests_oauthlib_peer
import schemathesis_peer
from checks import check, tally
from server import Server

for peer in (aiosmtpd_peer, requests_oauthlib_peer, notify_peer, oidc_provider_mock_peer, moto_peer, schemathesis_peer):

    @check(f"{peer.__name__}: its server starts and ends well")
    def _():
        with Server(getattr(peer, "SETTINGS", {})) as server:
            peer.run(server)


print(f"{tally['passed']} passed, {tally['failed']} failed")
sys.exit(1 if tally["failed"] else 0)
