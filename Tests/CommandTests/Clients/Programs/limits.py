"""The largest record that a topic takes, one byte more, and offsets by time, with every client."""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as AIOTopicPartition
from aiokafka.errors import MessageSizeTooLargeError as AIOTooLarge
from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka import TopicPartition as ConfluentTopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import MessageSizeTooLargeError

server = sys.argv[1]
limit = 200_000
# A batch of one record without key and headers: 61 bytes of header, a length of 3 bytes, 5 single
# bytes, and 3 bytes for the size of the value.
largest = limit - 61 - 3 - 5 - 3
topics = ('kafka-python', 'confluent', 'aiokafka')
admin = AdminClient({'bootstrap.servers': server})
for future in admin.create_topics([
        NewTopic(topic, 1, 1, config={'max.message.bytes': str(limit)})
        for topic in topics]).values():
    future.result(20)

producer = KafkaProducer(bootstrap_servers=server)
assert producer.send('kafka-python', b'x' * largest, timestamp_ms=1000).get(20).offset == 0
try:
    producer.send('kafka-python', b'x' * (largest + 1)).get(20)
    raise SystemExit('kafka-python: a record over the limit was taken')
except MessageSizeTooLargeError:
    pass
# What was refused was numbered: the producer begins anew.
producer.close()
producer = KafkaProducer(bootstrap_servers=server)
assert producer.send('kafka-python', b'small', timestamp_ms=2000).get(20).offset == 1
producer.close()

outcomes = []
producer = Producer({'bootstrap.servers': server})
for value, time in ((b'x' * largest, 1000), (b'x' * (largest + 1), 1500), (b'small', 2000)):
    producer.produce(
        'confluent', value=value, timestamp=time,
        on_delivery=lambda error, message: outcomes.append(error or message.offset()))
    assert producer.flush(20) == 0
assert outcomes[0] == 0 and outcomes[2] == 1, outcomes
assert outcomes[1].code() == KafkaError.MSG_SIZE_TOO_LARGE, outcomes


async def aio():
    producer = AIOKafkaProducer(bootstrap_servers=server)
    await producer.start()
    first = await producer.send_and_wait('aiokafka', b'x' * largest, timestamp_ms=1000)
    assert first.offset == 0, first
    try:
        await producer.send_and_wait('aiokafka', b'x' * (largest + 1))
        raise SystemExit('aiokafka: a record over the limit was taken')
    except AIOTooLarge:
        pass
    second = await producer.send_and_wait('aiokafka', b'small', timestamp_ms=2000)
    assert second.offset == 1, second
    await producer.stop()


asyncio.run(aio())

# Each client finds both records by time, and nothing behind them.
for topic in topics:
    consumer = KafkaConsumer(bootstrap_servers=server)
    place = TopicPartition(topic, 0)
    for time, offset in ((0, 0), (1000, 0), (1001, 1), (2000, 1), (2001, None)):
        found = consumer.offsets_for_times({place: time})[place]
        assert (found.offset if found else None) == offset, (topic, time, found)
    consumer.close()

    consumer = Consumer({'bootstrap.servers': server, 'group.id': 'none'})
    for time, offset in ((0, 0), (1001, 1), (2001, -1)):
        found = consumer.offsets_for_times([ConfluentTopicPartition(topic, 0, time)], 20)
        assert found[0].error is None and found[0].offset == offset, (topic, time, found)
    # A fetch limit below the record's size still brings it.
    consumer.close()
    consumer = Consumer({
        'bootstrap.servers': server, 'group.id': 'none', 'fetch.message.max.bytes': 1000,
        'fetch.max.bytes': 1_000_000})
    consumer.assign([ConfluentTopicPartition(topic, 0, 0)])
    sizes = [len(message.value()) for message in consumer.consume(2, 20)]
    assert sizes == [largest, 5], sizes
    consumer.close()


async def times():
    consumer = AIOKafkaConsumer(bootstrap_servers=server)
    await consumer.start()
    for topic in topics:
        place = AIOTopicPartition(topic, 0)
        found = await consumer.offsets_for_times({place: 1001})
        assert found[place].offset == 1 and found[place].timestamp == 2000, found
        assert (await consumer.end_offsets([place]))[place] == 2
    await consumer.stop()


asyncio.run(times())
print('ok')
