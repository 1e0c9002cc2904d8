"""Share consumers of librdkafka: every record is accepted or rejected once, by one of several."""
import sys
import time

from confluent_kafka import AcknowledgeType, Producer, ShareConsumer
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType)

server = sys.argv[1]
count = 600

admin = AdminClient({'bootstrap.servers': server})
admin.create_topics([NewTopic('work', 3, 1)])['work'].result(20)
earliest = ConfigResource(ResourceType.GROUP, 'workers', incremental_configs=[
    ConfigEntry('share.auto.offset.reset', 'earliest',
                incremental_operation=AlterConfigOpType.SET)])
for change in admin.incremental_alter_configs([earliest]).values():
    change.result(20)

producer = Producer({'bootstrap.servers': server, 'linger.ms': 5})
for number in range(count):
    producer.produce('work', value='%d' % number, partition=number % 3)
    if number % 50 == 49:
        producer.flush(20)
assert producer.flush(20) == 0


def consumer():
    made = ShareConsumer({
        'bootstrap.servers': server, 'group.id': 'workers',
        'share.acknowledgement.mode': 'explicit'})
    made.subscribe(['work'])
    return made


consumers = [consumer(), consumer()]
accepted, rejected, released = set(), set(), set()
busy = set()
limit = time.time() + 90
while len(accepted) + len(rejected) < count and time.time() < limit:
    for place, member in enumerate(consumers):
        for message in member.poll(0.5):
            assert message.error() is None, message.error()
            number = int(message.value())
            assert number not in accepted and number not in rejected, number
            busy.add(place)
            if number % 7 == 0 and number not in released:
                released.add(number)
                member.acknowledge(message, AcknowledgeType.RELEASE)
            elif number % 11 == 0:
                rejected.add(number)
                member.acknowledge(message, AcknowledgeType.REJECT)
            else:
                accepted.add(number)
                member.acknowledge(message)
        for error in member.commit_sync(20.0).values():
            assert error is None, error
assert len(accepted) + len(rejected) == count, (len(accepted), len(rejected), len(released))
assert busy == {0, 1}, 'both members got records'
for member in consumers:
    member.close()

# What was dealt with does not come again to somebody new.
late = consumer()
until = time.time() + 8
while time.time() < until:
    assert not [message.value() for message in late.poll(0.5)]
late.close()
print('ok')
