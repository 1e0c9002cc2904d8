"""Topics of one program: made, and read to their ends."""

import time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SECONDS_MAX = 60


def make(server, *names, partitions):
    admin = AdminClient({"bootstrap.servers": server})
    topics = [NewTopic(name, partitions, 1) for name in names]
    for future in admin.create_topics(topics).values():
        future.result(SECONDS_MAX)


def read(server, topic, partitions, isolation):
    """Each partition's values, as text; all of it was read when its end was seen, and no transaction
    hangs."""
    consumer = Consumer(
        {
            "bootstrap.servers": server,
            "group.id": "nobody",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    values, ends = {partition: [] for partition in range(partitions)}, {}
    limit = time.monotonic() + SECONDS_MAX
    while len(ends) < partitions:
        assert time.monotonic() < limit, f"{topic}: ends of {sorted(ends)} only"
        record = consumer.poll(1)
        if record is None:
            continue
        if record.error():
            ends[record.partition()] = record.offset()
        else:
            values[record.partition()].append(record.value().decode())
    for partition, end in ends.items():
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), SECONDS_MAX)
        assert end == high, f"{topic}-{partition}: a transaction hangs between {end} and {high}"
    consumer.close()
    return values
