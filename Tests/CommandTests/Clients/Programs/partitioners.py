"""Where keys go: the same key to the same partition, whichever client sends it."""
import asyncio
import sys

from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaProducer

server = sys.argv[1]
count = 7
keys = [b'key %d' % number for number in range(100)] + [b'', b'\x00\xff', 'schl\u00fcssel'.encode()]
topics = ['kafka-python', 'aiokafka', 'murmur2', 'murmur2_random', 'consistent', 'explicit']

admin = AdminClient({'bootstrap.servers': server})
for future in admin.create_topics([NewTopic(topic, count, 1) for topic in topics]).values():
    future.result(20)

producer = KafkaProducer(bootstrap_servers=server)
for key in keys:
    producer.send('kafka-python', key=key, value=b'')
    producer.send('explicit', key=key, value=b'', partition=len(key) % count)
producer.flush()
producer.close()


async def send():
    producer = AIOKafkaProducer(bootstrap_servers=server)
    await producer.start()
    for key in keys:
        await producer.send('aiokafka', key=key, value=b'')
    await producer.flush()
    await producer.stop()


asyncio.run(send())
for name in ('murmur2', 'murmur2_random', 'consistent'):
    for _ in range(2 if name == 'consistent' else 1):
        producer = Producer({'bootstrap.servers': server, 'partitioner': name})
        for key in keys:
            producer.produce(name, key=key, value=b'')
        assert producer.flush(20) == 0

consumer = Consumer({
    'bootstrap.servers': server, 'group.id': 'none', 'enable.auto.commit': False,
    'fetch.wait.max.ms': 50})


def places(topic):
    """Where each key lies; every key in one partition, in the order in which it was sent."""
    consumer.assign([TopicPartition(topic, number, 0) for number in range(count)])
    found, last = {}, {}
    for message in consumer.consume(2 * len(keys) if topic == 'consistent' else len(keys), 20):
        assert message.error() is None, message.error()
        partition, order = message.partition(), keys.index(message.key())
        assert found.setdefault(message.key(), partition) == partition, message.key()
        assert topic == 'consistent' or order > last.get(partition, -1), (topic, message.key())
        last[partition] = order
    assert set(found) == set(keys), (topic, set(keys) - set(found))
    return found


murmur2 = places('kafka-python')
assert len(set(murmur2.values())) == count, murmur2
assert places('aiokafka') == murmur2
assert places('murmur2') == murmur2
# What librdkafka places at random is without a key, or with an empty one.
random = places('murmur2_random')
assert {key: random[key] for key in keys if key} == {key: murmur2[key] for key in keys if key}
places('consistent')
assert places('explicit') == {key: len(key) % count for key in keys}
consumer.close()
print('ok')
