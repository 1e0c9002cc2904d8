"""Keys, headers, null values, sizes, codecs, offsets by time, and errors, with kafka-python."""
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import MessageSizeTooLargeError

server = sys.argv[1]

for codec in (None, 'gzip', 'snappy', 'lz4', 'zstd'):
    topic = 'records-%s' % codec
    producer = KafkaProducer(bootstrap_servers=server, compression_type=codec)
    sent = []
    for number in range(200):
        key = None if number % 5 == 0 else b'key %d' % number
        value = None if key and number % 7 == 0 else bytes([number]) * number * 10
        headers = [('h', b'%d' % number), ('empty', b'')] if number % 3 == 0 else []
        producer.send(
            topic, key=key, value=value, headers=headers, timestamp_ms=1000 * number,
            partition=0)
        sent.append((key, value, headers, 1000 * number))
    producer.flush()
    consumer = KafkaConsumer(bootstrap_servers=server, consumer_timeout_ms=20000)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    got = []
    for message in consumer:
        assert message.offset == len(got), (message.offset, len(got))
        got.append((message.key, message.value, list(message.headers), message.timestamp))
        if len(got) == len(sent):
            break
    assert got == sent, codec
    found = consumer.offsets_for_times({partition: 50_500})[partition]
    assert found.offset == 51 and found.timestamp == 51_000, found
    assert consumer.beginning_offsets([partition]) == {partition: 0}
    assert consumer.end_offsets([partition]) == {partition: 200}
    consumer.close()
    producer.close()

producer = KafkaProducer(bootstrap_servers=server, max_request_size=10_000_000)
largest = producer.send('records-None', value=b'x' * 1_000_000).get(20)
assert largest.offset == 200, largest
try:
    producer.send('records-None', value=b'x' * 2_000_000).get(20)
    raise SystemExit('a record over the limit was taken')
except MessageSizeTooLargeError:
    pass
producer.close()
print('ok')
