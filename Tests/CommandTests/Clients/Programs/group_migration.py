"""A group of classic members takes one of the new protocol (KIP-848), and is classic again when that
one has left: all the time nobody reads what another one has."""

import sys
import time

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic

SERVER, TOPIC, GROUP, PARTITIONS = sys.argv[1], "moved", "movers", 4


def consumer(name, protocol):
    settings = {
        "bootstrap.servers": SERVER,
        "client.id": name,
        "group.id": GROUP,
        "group.protocol": protocol,
        "enable.auto.commit": False,
    }
    if protocol == "classic":
        settings["partition.assignment.strategy"] = "cooperative-sticky"
        settings["heartbeat.interval.ms"] = 500
    member = Consumer(settings)
    member.subscribe([TOPIC])
    return member


admin = AdminClient({"bootstrap.servers": SERVER})
admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result()
members = {}


def settle(kind, what):
    """Until each member has something, and all together everything."""
    end = time.time() + 60
    while time.time() < end:
        for member in members.values():
            member.poll(0.05)
        parts = {n: [p.partition for p in m.assignment()] for n, m in members.items()}
        dealt = [partition for all in parts.values() for partition in all]
        assert len(dealt) == len(set(dealt)), f"{what}: two read the same: {parts}"
        if len(dealt) == PARTITIONS and all(parts.values()):
            group = admin.list_consumer_groups().result().valid[0]
            assert group.type.name == kind, f"{what}: {group.type}"
            return
    raise AssertionError(f"{what}: {parts}")


members["old 1"] = consumer("old 1", "classic")
members["old 2"] = consumer("old 2", "classic")
settle("CLASSIC", "two classic members")
members["new"] = consumer("new", "consumer")
settle("CONSUMER", "a new one has joined")
members.pop("old 1").close()
settle("CONSUMER", "a classic one has left")
members["old 3"] = consumer("old 3", "classic")
settle("CONSUMER", "a classic one has joined")
members.pop("new").close()
settle("CLASSIC", "the new one has left")
for member in members.values():
    member.close()
print("ok")
