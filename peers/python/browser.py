"""A customer's browser without a window: `requests` keeps the cookies, `html.parser` reads the forms.

It knows the pages only by what readers in the field know: names of forms, fields and buttons
(docs/spec/setup-pages.md#page-reader-hooks).
"""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from server import CUSTOMER

# What the customer does on each page, by the form's name: fields to fill in, and a button to press.
CONSENTS = {
    "signIn": ({"email": CUSTOMER["email"], "password": CUSTOMER["password"]}, None),
    "consent-form": ({}, "consentApproved"),
    "slot-form": ({}, None),
    "overview-form": ({}, "completeSetup"),
}


class Forms(HTMLParser):
    """Every form of a page: its attributes, the fields that are sent as the page came, its buttons by name."""

    def __init__(self, html):
        super().__init__()
        self.all = []
        self.inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.all.append({**attrs, "fields": {}, "buttons": {}})
            self.inside = True
        elif self.inside and attrs.get("name"):
            name, value = attrs["name"], attrs.get("value") or ""
            if tag == "button":
                self.all[-1]["buttons"][name] = value
            elif tag == "input" and (attrs.get("type") not in ("radio", "checkbox") or "checked" in attrs):
                self.all[-1]["fields"][name] = value

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "form"


def walk(url, does=CONSENTS):
    """Opens `url` and goes from page to page until one leads to another site: that address, and the forms' targets."""
    passed = []
    with requests.Session() as browser:
        reply = browser.get(url, allow_redirects=False)
        for _ in range(30):
            if location := reply.headers.get("location"):
                following = urljoin(reply.url, location)
                if urlsplit(following)[:2] != urlsplit(url)[:2]:
                    return location, passed
                reply = browser.get(following, allow_redirects=False)
                continue
            form = next((form for form in Forms(reply.text).all if form.get("name") in does), None)
            if reply.status_code != 200 or form is None:
                raise RuntimeError(f"a dead end after {passed}: {reply.status_code}\n{reply.text}")
            passed.append(form["action"])
            fill, press = does[form["name"]]
            fields = form["fields"] | fill
            if press:
                fields[press] = form["buttons"][press]
            reply = browser.request(form["method"], urljoin(reply.url, form["action"]), data=fields, allow_redirects=False)
    raise RuntimeError(f"the pages lead in circles: {passed}")
