"""PyPI `requests-oauthlib`, what a maker's cloud in Python runs: proves link, call, and the refresh it does by itself.

Its `oauthlib` checks the state, the token answer's shape and its errors.
"""

import json
import os
import subprocess
import time

from oauthlib.oauth2 import InvalidGrantError, MismatchingStateError
from requests_oauthlib import OAuth2Session

from browser import walk
from checks import check, equal
from server import MODEL, WEB, call_headers, program, serial

# The server speaks plain http on the loopback interface.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


def run(server):
    token_url = f"{server.base}/auth/o2/token"
    credentials = {"client_id": WEB["id"], "client_secret": WEB["secret"]}
    info = (f"{server.base}/subscriptionInfo", call_headers("DrsSubscriptionInfo"))

    def session(**more):
        return OAuth2Session(WEB["id"], redirect_uri=WEB["redirect_uris"][0], scope=["dash:replenish"], **more)

    def authorize(client, **more):
        data = {"dash:replenish": {"device_model": MODEL["id"], "serial": serial(), "is_test_device": True}}
        url, _ = client.authorization_url(f"{server.base}/ap/oa", scope_data=json.dumps(data), **more)
        target, passed = walk(url)
        equal(passed[0], "/ap/signin", "first page")
        equal(passed[-3:], ["/slot_action", "/slot_action", "/setup_overview"], "last pages")
        return target

    @check("requests-oauthlib: link a device through the pages, call, refresh by hand")
    def linked():
        client = session()
        target = authorize(client)
        token = client.fetch_token(token_url, authorization_response=target, client_secret=WEB["secret"])
        equal(token["token_type"], "bearer", "token_type")
        slots = {slot["id"]: True for slot in MODEL["slot"]}
        reply = client.get(info[0], headers=info[1])
        equal((reply.status_code, reply.json()), (200, {"slotsSubscriptionStatus": slots}), "subscription info")
        fresh = client.refresh_token(token_url, **credentials)
        equal(fresh["refresh_token"], token["refresh_token"], "the refresh token")
        return token

    @check("requests-oauthlib: HTTP Basic, and PKCE as it makes it")
    def _():
        client = session(pkce="S256")
        target = authorize(client)
        token = client.fetch_token(
            token_url, authorization_response=target, client_secret=WEB["secret"], include_client_id=False
        )
        equal(client.get(info[0], headers=info[1]).status_code, 200, "subscription info")
        try:
            client.fetch_token(token_url, authorization_response=target, client_secret=WEB["secret"])
        except InvalidGrantError as error:
            equal(error.description, "The request has an invalid grant parameter : code", "its words")
        else:
            raise AssertionError("a code was taken twice")
        reply = client.get(info[0], headers=info[1])
        equal((reply.status_code, reply.json()), (400, {"message": "Invalid token"}), f"after a replay, {token['token_type']}")

    @check("requests-oauthlib: another state is seen")
    def _():
        client = session()
        target = authorize(client)
        try:
            session(state="mine").fetch_token(token_url, authorization_response=target, client_secret=WEB["secret"])
        except MismatchingStateError:
            return
        raise AssertionError("a foreign state was taken")

    @check("requests-oauthlib: an hour later the token is dead, and a call refreshes it by itself")
    def _():
        advance = [program(), "clock", "advance", "61m", "--server", server.base]
        subprocess.run(advance, check=True, stdout=subprocess.DEVNULL)
        reply = session(token=linked).get(info[0], headers=info[1])
        equal((reply.status_code, reply.json()), (400, {"message": "Invalid token"}), "before")
        kept = []
        client = session(
            token=linked | {"expires_at": time.time() - 60},
            auto_refresh_url=token_url,
            auto_refresh_kwargs=credentials,
            token_updater=kept.append,
        )
        equal(client.get(info[0], headers=info[1]).status_code, 200, "after")
        equal(len(kept), 1, "refreshes")
