"""The first program of many a user: JSON sent by one process, read by another."""
import json
import sys

from kafka import KafkaConsumer, KafkaProducer

server = sys.argv[1]

producer = KafkaProducer(
    bootstrap_servers=server, value_serializer=lambda v: json.dumps(v).encode('utf-8'))
for number in range(10):
    producer.send('test_topic', {'number': number})
producer.flush()
producer.close()

consumer = KafkaConsumer(
    'test_topic', bootstrap_servers=server, auto_offset_reset='earliest',
    enable_auto_commit=True, group_id='test_group',
    value_deserializer=lambda x: json.loads(x.decode('utf-8')))
seen = []
for message in consumer:
    seen.append(message.value['number'])
    if len(seen) == 10:
        break
consumer.close()
assert seen == list(range(10)), seen
print('ok')
