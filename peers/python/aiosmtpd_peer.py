"""PyPI `aiosmtpd` receives the customer's mails, as a mail server in the field would; their links work.

Python's own `email` reads them: what it cannot read, a mail program would not show.
"""

import asyncio
import email
import email.policy
import queue
import re
import subprocess
import threading
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests
from aiosmtpd.smtp import SMTP

from browser import Forms
from checks import check, equal
from server import CUSTOMER, MODEL, call_headers, link, program, serial

FROM = "Peer Appliances <orders@peer.example>"


class Mailbox:
    """What aiosmtpd hands over: reads a mail, and says what the script says, or that it took it."""

    def __init__(self):
        self.got = queue.Queue()
        self.answers = []

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 taken"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.got.put((envelope.mail_from, envelope.rcpt_tos, message, answer))
        return answer

    def next(self, subject):
        """The next mail, which has this in its subject."""
        sender, to, message, answer = self.got.get(timeout=30)
        equal((sender, to), ("orders@peer.example", [CUSTOMER["email"]]), "the envelope")
        if subject not in message["subject"]:
            raise AssertionError(f"{message['subject']!r} instead of {subject!r}")
        return message, answer


def listen(mailbox):
    """Runs aiosmtpd in a thread of its own; its port."""
    port = queue.Queue()

    async def serve():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(mailbox, enable_SMTPUTF8=True), "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    return port.get(timeout=30)


class Links(HTMLParser):
    """Where a page's links lead, by what they say."""

    def __init__(self, html):
        super().__init__()
        self.all, self.target = {}, None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.target = dict(attrs)["href"]

    def handle_data(self, data):
        if self.target:
            self.all[data] = self.target

    def handle_endtag(self, tag):
        self.target = None


def links(message):
    """The links of a mail, which are the same in text and HTML."""
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    found = Links(html).all
    # A link of the footer follows its label; any other has a line of its own.
    written = re.findall(r"^(?:[^:\n]+: )?((?:https?://|mailto:)\S+)\r?$", text, re.MULTILINE)
    equal(sorted(found.values()), sorted(written), "links of text and HTML")
    return found


MAILBOX = Mailbox()
SETTINGS = {
    "OPENDRS_MAIL_HOST": "127.0.0.1",
    "OPENDRS_MAIL_PORT": str(listen(MAILBOX)),
    "OPENDRS_MAIL_SECURITY": "none",
    "OPENDRS_MAIL_FROM": FROM,
}


def run(server):
    unit, slot = serial(), MODEL["slot"][0]["id"]

    def replenish(token):
        headers = {"Authorization": f"Bearer {token}"} | call_headers("DrsReplenish")
        reply = requests.post(f"{server.base}/replenish/{slot}", headers=headers)
        equal(reply.status_code, 200, "Replenish")
        return reply.json()["eventInstanceId"]

    def status(token, instance):
        headers = {"Authorization": f"Bearer {token}"} | call_headers("DrsOrderInfo")
        return requests.get(f"{server.base}/getOrderInfo/{instance}", headers=headers).json()

    def advance(by):
        command = [program(), "clock", "advance", by, "--server", server.base]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    @check("aiosmtpd: a mail welcomes a device, readable in text and HTML")
    def token():
        tokens = link(server.data, unit)
        message, _ = MAILBOX.next(f"Automatic reordering for your {MODEL['name']}")
        equal((message["from"], message["to"].addresses[0].addr_spec), (FROM, CUSTOMER["email"]), "from, to")
        equal(message.get_content_type(), "multipart/alternative", "content type")
        equal(len(message.defects) + sum(len(part.defects) for part in message.walk()), 0, "defects")
        reply = requests.get(links(message)["Your devices"])
        equal((reply.status_code, 'name="signIn"' in reply.text), (200, True), "where its link leads")
        return tokens["access_token"]

    @check("aiosmtpd: an order's mail has its price and a link that cancels, which a look does not")
    def _():
        instance = replenish(token)
        message, _ = MAILBOX.next("Your order: ")
        text = message.get_body(("plain",)).get_content()
        equal("Price: 24.99 USD" in text, True, text)
        before = status(token, instance)
        with requests.Session() as browser:
            for _ in range(2):
                page = browser.get(links(message)["Cancel this order"])
                equal((page.status_code, status(token, instance)), (200, before), "after a look")
            form = next(form for form in Forms(page.text).all if form.get("name") == "cancel-form")
            done = browser.post(urljoin(page.url, form["action"]), data=form["fields"])
        equal((done.status_code, "Your order is cancelled" in done.text), (200, True), done.text)
        cancelled, _ = MAILBOX.next("Cancelled: ")
        equal("Cancel this order" in links(cancelled), False, "a link that is of no more use")
        if status(token, instance) == before:
            raise AssertionError("the order was not cancelled")

    @check("aiosmtpd: who changes the language is written to in it, readable as ever")
    def _():
        def press(browser, page, pick, **fields):
            form = next(form for form in Forms(page.text).all if pick(form))
            return browser.post(urljoin(page.url, form["action"]), data=form["fields"] | fields)

        def speak(language):
            sign_in = {name: CUSTOMER[name] for name in ("email", "password")}
            with requests.Session() as browser:
                page = browser.get(f"{server.base}/settings")
                page = press(browser, page, lambda form: form.get("name") == "signIn", **sign_in)
                page = press(browser, page, lambda form: form["action"] == "/settings/language", language=language)
            equal(f'<html lang="{language}">' in page.text, True, page.text)

        speak("ja")
        replenish(token)
        message, _ = MAILBOX.next("ご注文を承りました：")
        text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
        equal((message["content-language"], "価格: $24.99" in text, '<html lang="ja">' in html), ("ja", True, True), text)
        equal(len(message.defects) + sum(len(part.defects) for part in message.walk()), 0, "defects")
        with requests.Session() as browser:
            page = browser.get(links(message)["この注文をキャンセルする"], headers={"Accept-Language": "de-AT, ja;q=0.5"})
            done = press(browser, page, lambda form: form.get("name") == "cancel-form")
        equal((page.headers["Content-Language"], '<html lang="en">' in done.text), ("de", True), "pages go by the browser")
        MAILBOX.next("ご注文のキャンセル：")
        speak("en")

    @check("aiosmtpd: a mail that is put off comes again, as the same mail")
    def _():
        MAILBOX.answers.append("451 come back later")
        replenish(token)
        first, answer = MAILBOX.next("Your order: ")
        equal(answer, "451 come back later", "the answer")
        listed = [program(), "mail", "list", "--json", "--data", server.data]
        # The server writes down what it was told; until then time would not move for this mail.
        advance("2m")
        again, _ = MAILBOX.next("Your order: ")
        equal(again["message-id"], first["message-id"], "the message's id")
        advance("26h")
        MAILBOX.next("On its way: ")
        equal(b'"state":"dead"' in subprocess.run(listed, check=True, stdout=subprocess.PIPE).stdout, False, "given up")
