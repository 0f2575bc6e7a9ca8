"""PyPI `oidc-provider-mock`, an OpenID provider on Authlib: a customer signs in there, creates an account, and comes back.

Its ID token has the mail address, its audience is a list, and its document leaves out what it need not say.
"""

import html
import logging
import os
import re
import tempfile
import threading
from urllib.parse import urljoin

import requests
from oidc_provider_mock import User, app
from werkzeug.serving import make_server

from browser import Forms
from checks import check, equal

# The provider speaks plain http on the loopback interface.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
# A line for each request is more than anybody reads.
logging.getLogger("werkzeug").setLevel(logging.ERROR)

PERSON = User(sub="grace", claims={"email": "grace@shop.example", "email_verified": True, "name": "Grace Hopper"})
PROVIDER = make_server("localhost", 0, app(require_nonce=True, user_claims=[PERSON]), threaded=True)
threading.Thread(target=PROVIDER.serve_forever, daemon=True).start()
SECRET = tempfile.NamedTemporaryFile("w", prefix="opendrs-peers-")
SECRET.write("any\n")
SECRET.flush()
SETTINGS = {
    "OPENDRS_FEDERATION_ISSUER": f"http://localhost:{PROVIDER.server_port}",
    "OPENDRS_FEDERATION_CLIENT_ID": "opendrs",
    "OPENDRS_FEDERATION_CLIENT_SECRET_FILE": SECRET.name,
    "OPENDRS_FEDERATION_NAME": "Aqua Shop",
}


class Visit:
    """A browser at our pages, with the page that it shows."""

    def __init__(self, base):
        self.browser = requests.Session()
        self.page = self.browser.get(f"{base}/settings")

    def submit(self, name):
        """Sends the form of this name, or with this action, as the page has it."""
        form = next(form for form in Forms(self.page.text).all if name in (form.get("name"), form["action"]))
        self.page = self.browser.post(urljoin(self.page.url, form["action"]), data=form["fields"])

    def sign_in(self, **answer):
        """Goes to the provider, and back with what the person answers there."""
        link = html.unescape(re.search(r'href="(/ap/federated\?[^"]*)"', self.page.text)[1])
        left = self.browser.get(urljoin(self.page.url, link), allow_redirects=False)
        back = self.browser.post(left.headers["location"], data=answer, allow_redirects=False)
        self.page = self.browser.get(back.headers["location"])

    def title(self):
        return self.page.status_code, html.unescape(re.search("<title>(.*)</title>", self.page.text)[1])


def run(server):
    @check("oidc-provider-mock: a new customer creates an account, signs out and in again")
    def _():
        visit = Visit(server.base)
        visit.sign_in(sub="grace")
        equal(visit.title(), (200, "Create your account"), "after the provider")
        equal("grace@shop.example" in visit.page.text, True, "the address")
        visit.submit("federated-create")
        equal(visit.title(), (200, "Your devices"), "with the account")
        visit.submit("/ap/signout")
        equal(visit.title(), (200, "Sign in"), "after the sign-out")
        visit.sign_in(sub="grace")
        equal(visit.title(), (200, "Your devices"), "the second time")

    @check("oidc-provider-mock: an address that it did not confirm, and who denies, get a page")
    def _():
        for answer in ({"sub": "eve@shop.example"}, {"action": "deny"}):
            visit = Visit(server.base)
            visit.sign_in(**answer)
            equal(visit.title(), (400, "We could not sign you in"), answer)
