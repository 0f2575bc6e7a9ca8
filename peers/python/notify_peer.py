"""PyPI `aws-sns-message-validator` and `standardwebhooks`, what makers' receivers in Python check pushes with.

The validator can do signature version 1 alone, and takes our certificates by an argument that names where they may lie. Our
server speaks TLS with an authority of its own, which Python is told to trust as it is told everywhere.
"""

import json
import os
import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from sns_message_validator import SignatureVerificationFailureException, SNSMessageValidator
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from checks import check, equal
from server import link, program, serial

# What the server of this peer is set to.
SETTINGS = {"OPENDRS_TLS_MODE": "self-signed"}


class Receiver(ThreadingHTTPServer):
    """Takes whatever is posted to it, and keeps it."""

    def __init__(self):
        self.got = queue.Queue()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next(self):
        return self.got.get(timeout=60)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.put((self.headers, body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def profile(data):
    """The security profile of the seed's first maker, as the seed tells it when it is applied again."""
    from server import SEED

    said = subprocess.run([program(), "seed", str(SEED), "--data", data, "--json"], check=True, stdout=subprocess.PIPE)
    items = map(json.loads, said.stdout.splitlines())
    return next(item["id"] for item in items if item["kind"] == "profile")


def run(server):
    # The first is Python's own, the second that of `requests`.
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        os.environ[name] = f"{server.data}/local-ca.pem"
    try:
        receive(server)
    finally:
        del os.environ["SSL_CERT_FILE"], os.environ["REQUESTS_CA_BUNDLE"]


def receive(server):
    assert server.base.startswith("https://"), server.base
    receiver = Receiver()
    url = f"http://127.0.0.1:{receiver.server_port}/drs"
    command = [program(), "topic", "add", "peers", url, "--profile", profile(server.data), "--data", server.data, "--json", "--show-secrets"]
    topic = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    validator = SNSMessageValidator(cert_url_regex=f"^{server.base}/SimpleNotificationService-[0-9a-f]{{32}}\\.pem$")

    def refused(message):
        try:
            validator.validate_message(message)
        except SignatureVerificationFailureException:
            return
        raise AssertionError("a tampered message was taken")

    @check("aws-sns-message-validator: the question is signed, and confirming is answered")
    def _():
        message = json.loads(receiver.next()[1])
        equal(message["Type"], "SubscriptionConfirmation", "Type")
        validator.validate_message(message)
        reply = requests.get(message["SubscribeURL"], timeout=60)
        equal((reply.status_code, reply.headers["content-type"]), (200, "text/xml"), "ConfirmSubscription")
        assert topic["subscription_arn"] in reply.text, reply.text
        refused(message | {"Token": "0" * 64})

    @check("aws-sns-message-validator, standardwebhooks: notifications verify, tampered ones do not")
    def _():
        link(server.data, serial())
        webhook = Webhook(topic["webhook_secret"])
        for wanted in ("DeviceRegisteredNotification", "SubscriptionChangedNotification"):
            headers, body = receiver.next()
            message = json.loads(body)
            validator.validate_message(message)
            equal(json.loads(message["Message"])["notificationInfo"]["notificationType"], wanted, "type")
            equal(message["MessageAttributes"], {"version": {"Type": "String", "Value": "2.0"}}, "attributes")
            refused(message | {"Message": message["Message"] + " "})
            equal(webhook.verify(body, dict(headers)), message, "the webhook's body")
            try:
                webhook.verify(body + b" ", dict(headers))
            except WebhookVerificationError:
                continue
            raise AssertionError("a tampered webhook was taken")

    receiver.shutdown()
    receiver.server_close()
