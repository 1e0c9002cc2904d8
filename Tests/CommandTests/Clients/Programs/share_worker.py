"""A share consumer that accepts most records, rejects some, and gives some back the first time.

usage: share_worker.py SERVER

Says `got CLOCK NUMBER:DELIVERIES …` of each poll, `tries NUMBER …` of what it is about to tell the
broker finally, and `final CLOCK NUMBER …` when the broker has answered that this is so.
"""

import random
import signal
import sys
import time

from confluent_kafka import AcknowledgeType, KafkaException, ShareConsumer

from processes import TENACIOUS, clock, say

SERVER = sys.argv[1]
stopping = False


def stop(*_):
    global stopping
    stopping = True


def decide(consumer, message):
    """Whether it is final."""
    number, first = int(message.value()), message.delivery_count() == 1
    if number % 7 == 0 and first:
        consumer.acknowledge(message, AcknowledgeType.RELEASE)
    elif number % 11 == 0:
        consumer.acknowledge(message, AcknowledgeType.REJECT)
    else:
        consumer.acknowledge(message)
    return number % 7 != 0 or not first


def work(consumer):
    messages = [message for message in consumer.poll(0.1) if message.error() is None]
    if not messages:
        return
    say("got", clock(), *(f"{int(m.value())}:{m.delivery_count()}" for m in messages))
    # Work takes its time: some kills come amid it.
    time.sleep(random.uniform(0, 0.005))
    mine = {}
    for message in messages:
        if decide(consumer, message):
            mine.setdefault(message.partition(), []).append(int(message.value()))
    if mine:
        say("tries", *(number for all in mine.values() for number in all))
    try:
        answers = consumer.commit_sync(5.0)
    except KafkaException:
        return
    sure = {place.partition for place, error in answers.items() if error is None}
    final = [number for partition in sure for number in mine.get(partition, [])]
    if final:
        say("final", clock(), *final)


signal.signal(signal.SIGTERM, stop)
worker = ShareConsumer(
    {
        "bootstrap.servers": SERVER,
        "group.id": "workers",
        "share.acknowledgement.mode": "explicit",
        "fetch.wait.max.ms": 100,
        **TENACIOUS,
    }
)
worker.subscribe(["work"])
while not stopping:
    work(worker)
worker.close()
