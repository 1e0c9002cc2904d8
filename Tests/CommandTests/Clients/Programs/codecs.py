"""Every codec of every client, read by every client: keys, headers, null keys and values."""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as AIOTopicPartition
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as ConfluentTopicPartition
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

server = sys.argv[1]
codecs = (None, 'gzip', 'snappy', 'lz4', 'zstd')
records = []
for number in range(40):
    key = None if number % 4 == 0 else b'' if number % 4 == 1 else b'key %d' % number
    # A client refuses a record that has neither.
    value = b'' if number % 5 == 1 else None if number % 5 == 0 and key else b'%d ' % number * 9
    headers = [('h', b'%d' % number), ('h', b''), ('\u00fc', b'\x00\xff')]
    headers = headers if number % 3 == 0 else []
    records.append((key, value, headers, 1_700_000_000_000 + number))
sent = []

for codec in codecs:
    producer = KafkaProducer(
        bootstrap_servers=server, compression_type=codec, linger_ms=20)
    futures = [
        producer.send(
            'codecs', key=key, value=value, headers=headers, timestamp_ms=time, partition=0)
        for key, value, headers, time in records]
    producer.flush()
    assert [future.get(20).offset for future in futures] == list(
        range(len(sent), len(sent) + len(records)))
    producer.close()
    sent += records

for codec in codecs:
    refused = []
    producer = Producer({
        'bootstrap.servers': server, 'compression.codec': codec or 'none', 'linger.ms': 20})
    for key, value, headers, time in records:
        producer.produce(
            'codecs', key=key, value=value, headers=headers, timestamp=time, partition=0,
            on_delivery=lambda error, _: error and refused.append(error))
    assert producer.flush(20) == 0 and not refused, refused
    sent += records


async def send(codec):
    producer = AIOKafkaProducer(
        bootstrap_servers=server, compression_type=codec, linger_ms=20)
    await producer.start()
    futures = [
        await producer.send(
            'codecs', key=key, value=value, headers=headers, timestamp_ms=time, partition=0)
        for key, value, headers, time in records]
    await asyncio.gather(*futures)
    await producer.stop()


for codec in codecs:
    asyncio.run(send(codec))
    sent += records


def check(got, reader):
    assert len(got) == len(sent), (reader, len(got), len(sent))
    for number, (mine, wanted) in enumerate(zip(got, sent)):
        assert mine == wanted, (reader, number, mine, wanted)


consumer = KafkaConsumer(bootstrap_servers=server, consumer_timeout_ms=20000)
consumer.assign([TopicPartition('codecs', 0)])
consumer.seek_to_beginning()
got = []
for message in consumer:
    got.append((message.key, message.value, list(message.headers), message.timestamp))
    if len(got) == len(sent):
        break
consumer.close()
check(got, 'kafka-python')

consumer = Consumer({'bootstrap.servers': server, 'group.id': 'none', 'check.crcs': True})
consumer.assign([ConfluentTopicPartition('codecs', 0, 0)])
got = [
    (message.key(), message.value(), message.headers() or [], message.timestamp()[1])
    for message in consumer.consume(len(sent), 20)]
consumer.close()
check(got, 'confluent')


async def receive():
    consumer = AIOKafkaConsumer(bootstrap_servers=server)
    await consumer.start()
    place = AIOTopicPartition('codecs', 0)
    consumer.assign([place])
    await consumer.seek_to_beginning(place)
    got = []
    while len(got) < len(sent):
        message = await asyncio.wait_for(consumer.getone(), 20)
        got.append((message.key, message.value, list(message.headers), message.timestamp))
    await consumer.stop()
    return got


check(asyncio.run(receive()), 'aiokafka')
print('ok')
