"""A member of a consumer group, of one of several clients, that tells what it owns, reads and
commits.

usage: group_member.py CLIENT SERVER GROUP PROTOCOL SESSION_MS [INSTANCE]

CLIENT is `confluent`, `kafka_python` or `aiokafka`, PROTOCOL `range`, `cooperative-sticky` or
`consumer`. Says, each with the clock:

    assigned CLOCK GENERATION PARTITION …    all that it owns now
    revoked CLOCK PARTITION …                it gives them back in order
    lost CLOCK PARTITION …                   it learns that it was put out
    read PARTITION:OFFSET …                  before it commits them
    committed CLOCK PARTITION:OFFSET …       of when it began to commit, once it is answered
    refused REASON
    left
"""

import asyncio
import signal
import sys

from processes import TENACIOUS, clock, say

CLIENT, SERVER, GROUP, PROTOCOL, SESSION_MS = sys.argv[1:6]
INSTANCE = sys.argv[6] if len(sys.argv) > 6 else None
SESSION_MS, HEARTBEAT_MS, RECORDS_MAX = int(SESSION_MS), 100, 20
TOPIC = GROUP
stopping = False


def stop(*_):
    global stopping
    stopping = True


class Possession:
    """What a member owns, and the saying of it."""

    def __init__(self, generation):
        self.generation = generation
        self.owned = set()

    def assigned(self, places, all_of_them):
        partitions = {place.partition for place in places}
        self.owned = partitions if all_of_them else self.owned | partitions
        say("assigned", clock(), self.generation(), *sorted(self.owned))

    def gone(self, kind, places):
        partitions = {place.partition for place in places}
        self.owned -= partitions
        if partitions:
            say(kind, clock(), *sorted(partitions))

    def take(self, records):
        """What of the records is to be committed: of each partition that is owned, the end."""
        mine = [record for record in records if record[0] in self.owned]
        if mine:
            say("read", *(f"{partition}:{offset}" for partition, offset in mine))
        return {partition: offset + 1 for partition, offset in mine}


def told(at, ends):
    say("committed", at, *(f"{partition}:{end}" for partition, end in ends.items()))


def confluent():
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    settings = {
        "bootstrap.servers": SERVER,
        "group.id": GROUP,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "fetch.wait.max.ms": 50,
        "fetch.error.backoff.ms": 20,
        **TENACIOUS,
    }
    if PROTOCOL == "consumer":
        settings["group.protocol"] = "consumer"
    else:
        settings["partition.assignment.strategy"] = PROTOCOL
        settings["session.timeout.ms"] = SESSION_MS
        settings["heartbeat.interval.ms"] = HEARTBEAT_MS
    if INSTANCE:
        settings["group.instance.id"] = INSTANCE
    consumer = Consumer(settings)

    def generation():
        # As librdkafka writes it: a magic word, then the generation.
        return int.from_bytes(consumer.consumer_group_metadata()[7:11], sys.byteorder)

    possession = Possession(generation)
    consumer.subscribe(
        [TOPIC],
        on_assign=lambda _, places: possession.assigned(places, PROTOCOL == "range"),
        on_revoke=lambda _, places: possession.gone("revoked", places),
        on_lost=lambda _, places: possession.gone("lost", places),
    )
    while not stopping:
        records = []
        while len(records) < RECORDS_MAX:
            record = consumer.poll(0 if records else 0.05)
            if record is None:
                break
            if not record.error():
                records.append((record.partition(), record.offset()))
            elif record.error().fatal():
                raise KafkaException(record.error())
        ends = possession.take(records)
        if not ends:
            continue
        at = clock()
        try:
            consumer.commit(
                offsets=[TopicPartition(TOPIC, *end) for end in ends.items()], asynchronous=False
            )
            told(at, ends)
        except KafkaException as error:
            say("refused", error.args[0].name())
    consumer.close()


def kafka_python():
    import kafka
    from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
    from kafka.coordinator.assignors.range import RangePartitionAssignor
    from kafka.errors import KafkaError
    from kafka.structs import OffsetAndMetadata, TopicPartition

    eager = PROTOCOL == "range"
    consumer = kafka.KafkaConsumer(
        bootstrap_servers=SERVER,
        group_id=GROUP,
        group_instance_id=INSTANCE,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
        request_timeout_ms=SESSION_MS + 10_000,
        fetch_max_wait_ms=50,
        retry_backoff_ms=20,
        reconnect_backoff_ms=20,
        reconnect_backoff_max_ms=100,
        partition_assignment_strategy=[
            RangePartitionAssignor if eager else CooperativeStickyAssignor
        ],
    )
    possession = Possession(lambda: consumer._coordinator._generation.generation_id)

    class Listener(kafka.ConsumerRebalanceListener):
        def on_partitions_assigned(self, places):
            possession.assigned(places, eager)

        def on_partitions_revoked(self, places):
            possession.gone("revoked", places)

        def on_partitions_lost(self, places):
            possession.gone("lost", places)

    consumer.subscribe([TOPIC], listener=Listener())
    while not stopping:
        answer = consumer.poll(timeout_ms=50, max_records=RECORDS_MAX)
        ends = possession.take([(r.partition, r.offset) for all in answer.values() for r in all])
        if not ends:
            continue
        at = clock()
        try:
            consumer.commit(
                {TopicPartition(TOPIC, p): OffsetAndMetadata(end, "", -1) for p, end in ends.items()}
            )
            told(at, ends)
        except KafkaError as error:
            say("refused", type(error).__name__)
    consumer.close(autocommit=False)


async def aiokafka():
    from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
    from aiokafka.coordinator.assignors.range import RangePartitionAssignor
    from aiokafka.errors import KafkaConnectionError, KafkaError

    consumer = None

    def made():
        return AIOKafkaConsumer(
            bootstrap_servers=SERVER,
            group_id=GROUP,
            group_instance_id=INSTANCE,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            fetch_max_wait_ms=50,
            retry_backoff_ms=20,
            partition_assignment_strategy=[RangePartitionAssignor],
        )

    possession = Possession(lambda: consumer._coordinator.generation)

    class Listener(ConsumerRebalanceListener):
        async def on_partitions_assigned(self, assigned):
            possession.assigned(assigned, True)

        async def on_partitions_revoked(self, revoked):
            # It says nothing of being put out: without a member id it was.
            kind = "revoked" if consumer._coordinator.member_id else "lost"
            possession.gone(kind, revoked)

    while consumer is None:
        consumer = made()
        consumer.subscribe([TOPIC], listener=Listener())
        try:
            await consumer.start()
        except KafkaConnectionError:
            # The broker is away just now.
            await consumer.stop()
            consumer = None
    while not stopping:
        answer = await consumer.getmany(timeout_ms=50, max_records=RECORDS_MAX)
        ends = possession.take([(r.partition, r.offset) for all in answer.values() for r in all])
        if not ends:
            continue
        at = clock()
        try:
            await consumer.commit({TopicPartition(TOPIC, p): end for p, end in ends.items()})
            told(at, ends)
        except KafkaError as error:
            say("refused", type(error).__name__)
    await consumer.stop()


signal.signal(signal.SIGTERM, stop)
if CLIENT == "aiokafka":
    asyncio.run(aiokafka())
else:
    {"confluent": confluent, "kafka_python": kafka_python}[CLIENT]()
say("left")
