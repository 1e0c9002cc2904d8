"""A client that consumes, transforms and produces, each few records in one transaction with their
offsets.

usage: copier.py SERVER PROTOCOL SLOT

Says `at PARTITION OFFSET` of what it has committed. Of PROTOCOL and SLOT it is the same client when
it is started again: its transactional id is.
"""

import signal
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from processes import TENACIOUS, say

SERVER, PROTOCOL, SLOT = sys.argv[1:4]
INPUT, OUTPUT = f"{PROTOCOL}-input", f"{PROTOCOL}-output"
BATCH_MAX, GATHERING_SECONDS, ANSWER_SECONDS = 20, 0.01, 5
CONNECTION = {
    "bootstrap.servers": SERVER,
    "client.id": f"copier-{SLOT}",
    **TENACIOUS,
}
CLASSIC = {
    "group.protocol": "classic",
    "session.timeout.ms": 1000,
    "heartbeat.interval.ms": 100,
}
MEMBERSHIP = {
    "eager": {**CLASSIC, "partition.assignment.strategy": "range"},
    "cooperative": {**CLASSIC, "partition.assignment.strategy": "cooperative-sticky"},
    # It comes back under its name, so nobody waits for its session to end. When a session ends in
    # the client itself, librdkafka sends a heartbeat without its member id, and is fenced.
    "static": {**CLASSIC, "group.instance.id": f"copier-{SLOT}", "session.timeout.ms": 10000},
    "consumer": {"group.protocol": "consumer"},
}[PROTOCOL]

stopping = False


def stop(*_):
    global stopping
    stopping = True


def insist(call, *arguments):
    """Until it is known what became of it: a retriable error says that nobody knows yet."""
    while True:
        try:
            return call(*arguments, ANSWER_SECONDS)
        except KafkaException as error:
            if not error.args[0].retriable():
                raise


class Copier:
    def __init__(self):
        self.producer = Producer(
            {
                **CONNECTION,
                "transactional.id": f"{PROTOCOL}-{SLOT}",
                "transaction.timeout.ms": 5000,
                "linger.ms": 0,
            }
        )
        insist(self.producer.init_transactions)
        self.consumer = Consumer(
            {
                **CONNECTION,
                **MEMBERSHIP,
                "group.id": f"{PROTOCOL}-copiers",
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 100,
                "fetch.error.backoff.ms": 20,
            }
        )
        # Of each partition: behind the last record that is committed, and that was taken.
        self.done, self.taken = {}, {}
        self.batch = []
        self.consumer.subscribe([INPUT], on_revoke=self.revoked, on_lost=self.revoked)

    def revoked(self, _, places):
        gone = {place.partition for place in places}
        for partition in gone:
            self.done.pop(partition, None)
            self.taken.pop(partition, None)
        self.batch = [record for record in self.batch if record.partition() not in gone]

    def gather(self):
        """Some records, each the next one of its partition."""
        self.batch = []
        end = None
        while len(self.batch) < BATCH_MAX and (end is None or time.monotonic() < end):
            record = self.consumer.poll(GATHERING_SECONDS)
            if record is not None and record.error() and record.error().fatal():
                raise KafkaException(record.error())
            if record is None or record.error():
                if end is None:
                    return
                continue
            partition, offset = record.partition(), record.offset()
            self.done.setdefault(partition, offset)
            due = self.taken.setdefault(partition, offset)
            if offset > due:
                # It was on its way when this client went back.
                self.go_back(partition)
            elif offset == due:
                self.taken[partition] = offset + 1
                self.batch.append(record)
            end = end or time.monotonic() + GATHERING_SECONDS

    def go_back(self, partition):
        try:
            self.consumer.seek(TopicPartition(INPUT, partition, self.taken[partition]))
        except KafkaException:
            # Not fetched just now: with the next record that is too early it is tried again.
            pass

    def copy(self):
        ends = {record.partition(): record.offset() + 1 for record in self.batch}
        self.producer.begin_transaction()
        try:
            for record in self.batch:
                self.producer.produce(
                    OUTPUT,
                    key=b"%d" % record.offset(),
                    value=b"%d" % (2 * int(record.value())),
                    partition=record.partition(),
                )
                self.producer.poll(0)
                # A transaction that takes its time: most kills come amid one.
                time.sleep(0.0005)
            insist(
                self.producer.send_offsets_to_transaction,
                [TopicPartition(INPUT, partition, end) for partition, end in ends.items()],
                self.consumer.consumer_group_metadata(),
            )
            insist(self.producer.commit_transaction)
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise
            say("aborts", error.args[0].name())
            insist(self.producer.abort_transaction)
            for partition in ends:
                self.taken[partition] = self.done[partition]
                self.go_back(partition)
            return
        self.done.update(ends)
        for partition, end in ends.items():
            say("at", partition, end)

    def run(self):
        while not stopping:
            self.gather()
            if self.batch:
                self.copy()
        self.consumer.close()


signal.signal(signal.SIGTERM, stop)
try:
    Copier().run()
except KafkaException as failure:
    say("ends", failure.args[0].name())
    sys.exit(3)
