"""Transactions of confluent-kafka: what is committed is read, what is aborted is not."""

import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SERVER = sys.argv[1]
SECONDS_MAX = 30


def producer(name):
    made = Producer(
        {
            "bootstrap.servers": SERVER,
            "transactional.id": name,
            "transaction.timeout.ms": 60_000,
            "linger.ms": 0,
        }
    )
    made.init_transactions(SECONDS_MAX)
    return made


def send(to, topic, values, partition=0):
    for value in values:
        to.produce(topic, value=str(value).encode(), partition=partition)


def read(topic, isolation="read_committed", partitions=(0,), count=None):
    """All values there are, up to the end that the isolation level shows."""
    consumer = Consumer(
        {
            "bootstrap.servers": SERVER,
            "group.id": f"reader-{topic}-{isolation}",
            "isolation.level": isolation,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, index, 0) for index in partitions])
    values, ended = [], set()
    until = time.monotonic() + SECONDS_MAX
    while len(ended) < len(partitions) and time.monotonic() < until:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            ended.add(message.partition())
        else:
            values.append(int(message.value()))
    consumer.close()
    assert len(ended) == len(partitions), f"{topic}: no end after {values}"
    return values


def make(*names, partitions=2):
    admin = AdminClient({"bootstrap.servers": SERVER})
    made = admin.create_topics([NewTopic(name, partitions, 1) for name in names])
    for future in made.values():
        future.result(SECONDS_MAX)


def commits_and_aborts():
    made = producer("writer")
    expected = []
    for turn in range(6):
        made.begin_transaction()
        values = range(turn * 10, turn * 10 + 10)
        send(made, "both", values)
        send(made, "both", values, partition=1)
        if turn % 2:
            # What is not sent yet would not be sent any more.
            made.flush(SECONDS_MAX)
            made.abort_transaction(SECONDS_MAX)
        else:
            made.commit_transaction(SECONDS_MAX)
            expected += values
    assert read("both") == expected
    assert sorted(read("both", partitions=(0, 1))) == sorted(expected * 2)
    assert read("both", isolation="read_uncommitted") == list(range(60))


def open_ones_hide_what_follows():
    first = producer("first")
    first.begin_transaction()
    send(first, "open", [1])
    first.flush(SECONDS_MAX)
    second = producer("second")
    second.begin_transaction()
    send(second, "open", [2])
    second.commit_transaction(SECONDS_MAX)
    assert read("open") == []
    assert read("open", isolation="read_uncommitted") == [1, 2]
    first.commit_transaction(SECONDS_MAX)
    assert read("open") == [1, 2]


def fencing():
    old = producer("fenced")
    old.begin_transaction()
    send(old, "fenced", [1])
    old.flush(SECONDS_MAX)
    new = producer("fenced")
    new.begin_transaction()
    send(new, "fenced", [2])
    new.commit_transaction(SECONDS_MAX)
    try:
        send(old, "fenced", [3])
        old.commit_transaction(SECONDS_MAX)
        raise AssertionError("a fenced producer committed")
    except KafkaException as error:
        assert error.args[0].fatal(), error
    assert read("fenced") == [2]


def consume_transform_produce():
    source = producer("source")
    source.begin_transaction()
    send(source, "input", range(100))
    source.commit_transaction(SECONDS_MAX)
    consumer = Consumer(
        {
            "bootstrap.servers": SERVER,
            "group.id": "transformers",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe(["input"])
    made = producer("transformer")
    turn, done = 0, 0
    until = time.monotonic() + SECONDS_MAX
    while done < 100:
        assert time.monotonic() < until, f"{done} of 100"
        messages = consumer.consume(10, timeout=1)
        if not messages:
            continue
        assert not any(message.error() for message in messages)
        turn += 1
        made.begin_transaction()
        send(made, "output", [2 * int(message.value()) for message in messages])
        made.send_offsets_to_transaction(
            consumer.position(consumer.assignment()),
            consumer.consumer_group_metadata(),
            SECONDS_MAX,
        )
        if turn % 3 == 0:
            made.abort_transaction(SECONDS_MAX)
            # Offsets went back with their transaction: what they covered is read again.
            for place in consumer.committed(consumer.assignment(), SECONDS_MAX):
                consumer.seek(TopicPartition(place.topic, place.partition, max(0, place.offset)))
        else:
            made.commit_transaction(SECONDS_MAX)
            done += len(messages)
    assert sorted(read("output")) == [2 * value for value in range(100)]
    places = consumer.committed([TopicPartition("input", 0)], SECONDS_MAX)
    # Behind the last record stands the marker of its transaction.
    assert places[0].offset in (100, 101), places
    consumer.close()


make("both", "open", "fenced", "output")
make("input", partitions=1)
commits_and_aborts()
open_ones_hide_what_follows()
fencing()
consume_transform_produce()
print("ok")
