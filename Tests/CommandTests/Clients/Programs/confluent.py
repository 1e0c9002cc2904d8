"""Idempotent producers in every codec and group consumers, with librdkafka."""
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

server = sys.argv[1]

admin = AdminClient({'bootstrap.servers': server})
created = admin.create_topics([NewTopic('three', 3, 1)])
created['three'].result(20)
again = admin.create_topics([NewTopic('three', 3, 1)])
try:
    again['three'].result(20)
    raise SystemExit('a topic was made twice')
except Exception as error:
    assert error.args[0].name() == 'TOPIC_ALREADY_EXISTS', error
assert len(admin.list_topics('three', 20).topics['three'].partitions) == 3

for codec in ('none', 'gzip', 'snappy', 'lz4', 'zstd'):
    failed = []
    producer = Producer({
        'bootstrap.servers': server, 'compression.codec': codec, 'enable.idempotence': True,
        'linger.ms': 5})
    for number in range(3000):
        producer.produce(
            'three', key='%s %d' % (codec, number), value=('value %d ' % number) * 5,
            on_delivery=lambda error, message: error and failed.append(error))
        producer.poll(0)
    assert producer.flush(30) == 0 and not failed, failed

consumer = Consumer({
    'bootstrap.servers': server, 'group.id': 'readers', 'auto.offset.reset': 'earliest',
    'enable.auto.commit': False})
consumer.subscribe(['three'])
keys = set()
limit = time.time() + 60
while len(keys) < 15000 and time.time() < limit:
    for message in consumer.consume(1000, 1.0):
        assert message.error() is None, message.error()
        keys.add(message.key())
assert len(keys) == 15000, len(keys)
consumer.commit(asynchronous=False)
consumer.close()

consumer = Consumer({'bootstrap.servers': server, 'group.id': 'readers'})
committed = consumer.committed([TopicPartition('three', number) for number in range(3)], 20)
assert sum(row.offset for row in committed) == 15000, committed
consumer.close()

admin.delete_topics(['three'])['three'].result(20)
print('ok')
