"""What administrators do, with librdkafka's client and with kafka-python's."""
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, Producer
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
    OffsetSpec, ResourceType)
from kafka import KafkaAdminClient

server = sys.argv[1]
admin = AdminClient({"bootstrap.servers": server})


def done(futures):
    return {name: future.result(30) for name, future in futures.items()}


def configs(kind, name):
    return done(admin.describe_configs([ConfigResource(kind, name)])).popitem()[1]


def alter(kind, name, key, value, operation=AlterConfigOpType.SET):
    entry = ConfigEntry(key, value, incremental_operation=operation)
    resource = ConfigResource(kind, name, incremental_configs=[entry])
    done(admin.incremental_alter_configs([resource]))


# Properties of topics and of the broker.
done(admin.create_topics([NewTopic("a", 2, 1, config={"retention.ms": "5000"})]))
before = configs(ResourceType.TOPIC, "a")
assert before["retention.ms"].value == "5000", before["retention.ms"]
assert before["segment.bytes"].is_default
alter(ResourceType.TOPIC, "a", "retention.ms", None, AlterConfigOpType.DELETE)
alter(ResourceType.TOPIC, "a", "cleanup.policy", "compact", AlterConfigOpType.APPEND)
after = configs(ResourceType.TOPIC, "a")
assert after["retention.ms"].value == "604800000", after["retention.ms"]
assert after["cleanup.policy"].value == "delete,compact", after["cleanup.policy"]
alter(ResourceType.TOPIC, "a", "cleanup.policy", "delete")
broker = [str(number) for number in admin.list_topics(timeout=10).brokers][0]
alter(ResourceType.BROKER, broker, "log.retention.ms", "7000")
assert configs(ResourceType.TOPIC, "a")["retention.ms"].value == "7000"
assert configs(ResourceType.BROKER, broker)["ssl.key.password"].is_sensitive
try:
    alter(ResourceType.TOPIC, "a", "retention.ms", "abc")
    raise SystemExit("a wrong value was taken")
except KafkaException as error:
    assert error.args[0].code() == KafkaError.INVALID_CONFIG, error

# Partitions and records.
done(admin.create_partitions([NewPartitions("a", 4)]))
assert len(admin.list_topics("a", timeout=10).topics["a"].partitions) == 4
producer = Producer({"bootstrap.servers": server})
for number in range(100):
    producer.produce("a", value=str(number), partition=number % 4)
assert producer.flush(30) == 0
deleted = done(admin.delete_records([TopicPartition("a", 3, 20)]))
assert [row.low_watermark for row in deleted.values()] == [20], deleted
place = TopicPartition("a", 3)
assert done(admin.list_offsets({place: OffsetSpec.earliest()}))[place].offset == 20

# Groups.
consumer = Consumer({
    "bootstrap.servers": server, "group.id": "g", "auto.offset.reset": "earliest",
    "enable.auto.commit": False})
consumer.subscribe(["a"])
count = 0
end = time.monotonic() + 60
while count < 80 and time.monotonic() < end:
    message = consumer.poll(1)
    count += message is not None and message.error() is None
assert count == 80, count
consumer.commit(asynchronous=False)
assert [g.group_id for g in admin.list_consumer_groups().result(30).valid] == ["g"]
group = done(admin.describe_consumer_groups(["g"]))["g"]
assert len(group.members) == 1 and len(group.members[0].assignment.topic_partitions) == 4
try:
    done(admin.delete_consumer_groups(["g"]))
    raise SystemExit("a group with members was deleted")
except KafkaException as error:
    assert error.args[0].code() == KafkaError.NON_EMPTY_GROUP, error
consumer.close()
offsets = done(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions("g")]))["g"]
assert {(row.partition, row.offset) for row in offsets.topic_partitions} == {
    (number, 25) for number in range(4)}, offsets

other = KafkaAdminClient(bootstrap_servers=server)
assert "g" in str(other.list_groups()), other.list_groups()
assert "Empty" in str(other.describe_groups(["g"])), other.describe_groups(["g"])
done(admin.delete_consumer_groups(["g"]))
assert admin.list_consumer_groups().result(30).valid == []
done(admin.delete_topics(["a"]))
assert "a" not in admin.list_topics(timeout=10).topics
other.close()
print("ok")
