"""A member of a group of one of the kinds, that reads on until it is told to end.

usage: sitting_member.py SERVER KIND TOPIC

KIND, `classic`, `consumer` or `share`, is the group's name as well. Says `ready` once it has read
all of `RECORDS` records.
"""

import signal
import sys
import time

from confluent_kafka import Consumer, ShareConsumer

SERVER, KIND, TOPIC = sys.argv[1:4]
RECORDS = 5
stopping = False


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
settings = {"bootstrap.servers": SERVER, "group.id": KIND, "client.id": f"a {KIND}"}
if KIND == "share":
    member = ShareConsumer(settings)
else:
    settings |= {
        "group.protocol": KIND,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "group.instance.id": f"seat-{KIND}",
    }
    member = Consumer(settings)
member.subscribe([TOPIC])
count = 0
until = time.monotonic() + 60
while not stopping and time.monotonic() < until:
    if KIND == "share":
        records = member.poll(0.2)
    else:
        record = member.poll(0.2)
        records = [] if record is None else [record]
    for record in records:
        assert record.error() is None, record.error()
        if KIND != "share":
            member.commit(record, asynchronous=False)
        count += 1
        if count == RECORDS:
            print("ready", flush=True)
member.close()
