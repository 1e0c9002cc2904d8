"""Kills a broker with -9 while an idempotent producer of librdkafka writes, again and again.

usage: kills.py VARVE DIRECTORY COUNT [SEED]

Nothing that was acknowledged may be missing at the end, and nothing may be there twice.
"""
import atexit
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition

varve, directory, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 32)
print('seed', seed, file=sys.stderr)
chance = random.Random(seed)

with socket.socket() as probe:
    probe.bind(('127.0.0.1', 0))
    port = probe.getsockname()[1]
server = '127.0.0.1:%d' % port


def start():
    broker = subprocess.Popen(
        [varve, 'serve', '--listen', server, '--directory', directory,
         '--set', 'num.partitions=3'], stdout=subprocess.PIPE, text=True)
    line = broker.stdout.readline()
    assert line.startswith('serving '), line
    return broker


broker = start()
# However this program ends, no broker stays behind.
atexit.register(lambda: broker.kill())
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
acknowledged, refused = set(), []
producer = Producer({
    'bootstrap.servers': server, 'enable.idempotence': True, 'linger.ms': 1,
    'message.timeout.ms': 120000, 'reconnect.backoff.max.ms': 200,
    'queue.buffering.max.messages': 20000})
stopping = threading.Event()


def delivered(error, message):
    if error:
        refused.append(error)
    else:
        acknowledged.add(int(message.key()))


def produce():
    number = 0
    while not stopping.is_set():
        try:
            producer.produce(
                'kills', key=b'%d' % number, value=b'value of %d' % number, partition=number % 3,
                on_delivery=delivered)
            number += 1
        except BufferError:
            producer.poll(0.01)
        producer.poll(0)
        if number % 50 == 0:
            time.sleep(0.002)


thread = threading.Thread(target=produce, daemon=True)
thread.start()
kills = 0
for kills in range(1, count + 1):
    # Under load means under load: the client has found the broker again, and gets answers.
    before, limit = len(acknowledged), time.time() + 30
    while len(acknowledged) < before + 500 and not refused and time.time() < limit:
        time.sleep(0.005)
    if refused or len(acknowledged) == before:
        break
    time.sleep(chance.uniform(0.0, 0.3))
    broker.send_signal(signal.SIGKILL)
    broker.wait()
    broker = start()
time.sleep(0.5)
stopping.set()
thread.join()
unsent = producer.flush(30)
if unsent or refused:
    # The producer's thread would wait for the rest.
    print('%d kills' % kills, 'unsent', unsent, 'refused', refused[:3], file=sys.stderr, flush=True)
    broker.kill()
    os._exit(1)

consumer = Consumer({'bootstrap.servers': server, 'group.id': 'none', 'enable.auto.commit': False})
seen = {}
for partition in range(3):
    low, high = consumer.get_watermark_offsets(TopicPartition('kills', partition), 20)
    consumer.assign([TopicPartition('kills', partition, low)])
    last, position = -1, low
    while position < high:
        for message in consumer.consume(min(1000, high - position), 10.0):
            assert message.error() is None, message.error()
            number = int(message.key())
            assert message.value() == b'value of %d' % number
            assert number not in seen, 'record %d is there twice' % number
            assert number > last, 'record %d comes behind %d' % (number, last)
            seen[number] = message.offset()
            last, position = number, message.offset() + 1
consumer.close()
lost = acknowledged - seen.keys()
assert not lost, 'acknowledged and lost: %s' % sorted(lost)[:10]
broker.send_signal(signal.SIGTERM)
assert broker.wait() == 143
print('%d kills, %d acknowledged, %d found' % (count, len(acknowledged), len(seen)),
      file=sys.stderr)
print('ok')
