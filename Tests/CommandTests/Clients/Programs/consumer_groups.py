"""Members of a consumer group of the new protocol (KIP-848) join, leave and are killed: at any time
nobody reads what another one has, in the end everything is assigned, and nothing is unread."""

import subprocess
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SERVER, TOPIC, GROUP, PARTITIONS, RECORDS = sys.argv[1], "dealt", "dealers", 6, 300


def consumer(name):
    return Consumer(
        {
            "bootstrap.servers": SERVER,
            "client.id": name,
            "group.id": GROUP,
            "group.protocol": "consumer",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )


def killed_member():
    member = consumer("killed")
    member.subscribe([TOPIC])
    while True:
        member.poll(0.1)
        if member.assignment():
            print("assigned", flush=True)


class Table:
    """The members of this process."""

    def __init__(self):
        self.members = {}
        self.seen = set()

    def sit(self, name):
        member = consumer(name)
        member.subscribe([TOPIC])
        self.members[name] = member

    def rise(self, name):
        self.members.pop(name).close()

    def parts(self):
        return {n: {p.partition for p in m.assignment()} for n, m in self.members.items()}

    def step(self):
        for member in list(self.members.values()):
            record = member.poll(0.02)
            if record is None or record.error():
                continue
            self.seen.add((record.partition(), record.offset()))
            member.commit(record, asynchronous=False)
        parts = self.parts()
        dealt = [p for all in parts.values() for p in all]
        assert len(dealt) == len(set(dealt)), f"two read the same: {parts}"
        return parts

    def settle(self, total, what, limit=70):
        """Until the members of this process have so many partitions together, evenly."""
        end = time.time() + limit
        while time.time() < end:
            parts = self.step()
            counts = [len(all) for all in parts.values()]
            if sum(counts) == total and max(counts) - min(counts) <= 1:
                return
        raise AssertionError(f"{what}: {self.parts()}")


def main():
    admin = AdminClient({"bootstrap.servers": SERVER})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result()
    producer = Producer({"bootstrap.servers": SERVER})
    for number in range(RECORDS):
        producer.produce(TOPIC, str(number), partition=number % PARTITIONS)
    assert producer.flush(30) == 0

    table = Table()
    table.sit("a")
    table.settle(PARTITIONS, "one member")
    child = subprocess.Popen(
        [sys.executable, __file__, SERVER, "killed"], stdout=subprocess.PIPE, text=True
    )
    table.sit("b")
    table.settle(4, "three members")
    assert child.stdout.readline() == "assigned\n"
    child.kill()
    child.wait()
    # Its session has to end before the others get what it had.
    table.settle(PARTITIONS, "one was killed")
    for name in ["c", "d", "e"]:
        table.sit(name)
    table.settle(PARTITIONS, "five members")
    table.rise("a")
    table.rise("c")
    table.settle(PARTITIONS, "two have left")
    end = time.time() + 20
    while len(table.seen) < RECORDS and time.time() < end:
        table.step()
    unread = RECORDS - len(table.seen)
    committed = table.members["b"].committed([TopicPartition(TOPIC, p) for p in range(PARTITIONS)])
    described = admin.describe_consumer_groups([GROUP])[GROUP].result()
    assert len(described.members) == 3, described.members
    for name in list(table.members):
        table.rise(name)
    # The killed one may have read, but it committed nothing.
    assert unread == 0, f"{unread} unread"
    assert sum(p.offset for p in committed) == RECORDS, committed
    print("ok")


if len(sys.argv) > 2:
    killed_member()
else:
    main()
