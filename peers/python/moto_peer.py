"""PyPI `moto` stands for AWS: what our server publishes to an SNS topic is read from an SQS queue that subscribed to it.

The server finds its credentials as AWS's tools do, in the environment; `boto3` makes topic and queue, and reads.
"""

import json
import logging
import subprocess
import tempfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

from checks import check, equal
from notify_peer import profile
from server import MODEL, WORLD, link, program, serial

# A line for each request is more than anybody reads.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
REGION = "eu-west-1"
MOTO = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
MOTO.start()
HOST, PORT = MOTO.get_host_and_port()
URL = f"http://{HOST}:{PORT}"
SETTINGS = {
    "OPENDRS_NOTIFICATIONS_SNS_ENDPOINT": URL,
    "AWS_ACCESS_KEY_ID": "AKIDPEER",
    "AWS_SECRET_ACCESS_KEY": "not so secret",
}
# What JSON, XML and forms each write in a way of their own.
UNIT = "\"pack\" \\ 'of' <3> & 100% + \u00e9 \U0001fad6"


def client(service):
    keys = {"aws_access_key_id": "AKIDREADER", "aws_secret_access_key": "none"}
    return boto3.client(service, endpoint_url=URL, region_name=REGION, **keys)


class Subscriber:
    """A topic of SNS, and a queue that subscribed to it."""

    def __init__(self, name):
        sns, self.sqs = client("sns"), client("sqs")
        fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        self.arn = sns.create_topic(Name=name, Attributes=fifo)["TopicArn"]
        fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        self.queue = self.sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
        asked = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=asked["Attributes"]["QueueArn"])

    def next(self):
        """The next message: how SQS has it, and the envelope in it."""
        for _ in range(6):
            found = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=10, AttributeNames=["All"])
            for message in found.get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                return message, json.loads(message["Body"])
        raise AssertionError("nothing came to the queue")


def run(server):
    try:
        checks(server)
    finally:
        MOTO.stop()


def checks(server):
    unit, slot = serial(), MODEL["slot"][0]["id"]

    def opendrs(*words):
        said = subprocess.run([program(), *words], check=True, stdout=subprocess.PIPE)
        return said.stdout.decode()

    def on_store(*words):
        return opendrs(*words, "--data", server.data)

    def trigger(kind, version):
        words = ["trigger", kind, "--device", unit, "--slot", slot, "--version", version, "--server", server.base]
        opendrs(*words)

    def is_notification(envelope, version, kind):
        equal((envelope["Type"], envelope["Subject"]), ("Notification", "DRS Notification"), "Type, Subject")
        attributes = {"version": {"Type": "String", "Value": "2.0"}} if version == "2.0" else None
        equal(envelope.get("MessageAttributes") or None, attributes, f"attributes of version {version}")
        message = json.loads(envelope["Message"])
        told = message["notificationInfo"]
        equal(told["notificationType"], f"{kind}Notification", "type")
        event = json.loads(on_store("events", "show", told["notificationId"], "--json"))
        equal(message, event["versions"][version], f"the message of version {version}")
        return message

    of = profile(server.data)

    @check("moto: a test is published, and the topic's name is the ARN's")
    def kettles():
        subscriber = Subscriber("kettles")
        added = json.loads(on_store("topic", "add", subscriber.arn, "--profile", of, "--json"))
        equal((added["state"], added["endpoint"]), ("confirmed", subscriber.arn), "the topic")
        said = subprocess.run(
            [program(), "topic", "test", "kettles", "--data", server.data],
            env=server.environment,
            check=True,
            stdout=subprocess.PIPE,
        )
        _, envelope = subscriber.next()
        equal(envelope["Subject"], "OpenDRS test", "Subject")
        equal(said.stdout.decode().strip(), f"published to {subscriber.arn} as {envelope['MessageId']}", "said")
        return subscriber

    @check("moto: what a device causes comes to the queue, in its order")
    def _():
        link(server.data, unit)
        for kind in ("DeviceRegistered", "SubscriptionChanged"):
            is_notification(kettles.next()[1], "2.0", kind)

    @check("moto: messages of both versions arrive as they were, whatever is in them")
    def _():
        product = next(found for found in WORLD["product"] if found["asin"] == MODEL["slot"][0]["products"][0])
        # The path of a picture is relative to the seed file; a seed without the key leaves the picture as it is. Translations are
        # tables, which JSON writes otherwise than TOML.
        product = {key: value for key, value in product.items() if key != "picture" and not isinstance(value, dict)}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "unit.toml"
            lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in (product | {"unit": UNIT}).items()]
            file.write_text("\n".join(["[[product]]", *lines]), encoding="utf-8")
            on_store("seed", str(file))
        for version in ("2.0", "1.0"):
            trigger("order-placed", version)
            message = is_notification(kettles.next()[1], version, "OrderPlaced")
            equal(message["orderInfo"]["productInfo"][0]["unit"], UNIT, "the product's unit")

    @check("moto: every message of both versions")
    def _():
        kinds = ("DeviceRegistered", "SubscriptionChanged", "OrderPlaced", "OrderCancelled", "ItemShipped", "DeviceDeregistered")
        for kind in kinds:
            word = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind)[1:]
            for version in ("1.0", "2.0"):
                trigger(word, version)
                is_notification(kettles.next()[1], version, kind)
        on_store("topic", "disable", "kettles")

    @check("moto: a FIFO topic takes a device's messages as one group, each under its event's id")
    def _():
        subscriber = Subscriber("mugs.fifo")
        on_store("topic", "add", subscriber.arn, "--profile", of)
        link(server.data, serial())
        groups = set()
        for kind in ("DeviceRegistered", "SubscriptionChanged"):
            message, envelope = subscriber.next()
            told = is_notification(envelope, "2.0", kind)["notificationInfo"]
            groups.add(message["Attributes"]["MessageGroupId"])
            event = told["notificationId"].removeprefix("amzn1.dash.notification.v1.")
            equal(message["Attributes"]["MessageDeduplicationId"], event, "deduplication id")
        equal(len(groups), 1, "groups")
        on_store("topic", "disable", "mugs")

    @check("moto: a topic that is not there is a dead letter, and says so")
    def _():
        gone = kettles.arn.replace("kettles", "gone")
        on_store("topic", "add", gone, "--profile", of)
        last = serial()
        link(server.data, last)
        # Not `splitlines`, to which U+2028 ends a line.
        events = [json.loads(line) for line in on_store("events", "list", "--json").strip().split("\n")]
        event = next(found for found in events if found["serial"] == last)
        # Moving the clock by nothing waits for all that is due.
        opendrs("clock", "advance", "0s", "--server", server.base)
        story = json.loads(on_store("events", "show", event["id"], "--json"))
        delivery = next(found for found in story["deliveries"] if found["endpoint"] == gone)
        equal(delivery["reason"], "SNS answered 404 NotFound, which is final", "reason")
        equal((delivery["state"], delivery["attempts"][0]["status"]), ("dead", 404), "state, status")
