"""What clients are told of their mistakes, by a broker that makes no topics by itself."""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as AIOTopicPartition
from aiokafka.errors import OffsetOutOfRangeError as AIOOffsetOutOfRangeError
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaConsumer
from kafka import TopicPartition as PythonTopicPartition
from kafka.errors import OffsetOutOfRangeError

server = sys.argv[1]
admin = AdminClient({'bootstrap.servers': server})
admin.create_topics([NewTopic('known', 1, 1)])['known'].result(20)


def code(call):
    """The number of the error that a call ends with."""
    try:
        call()
    except KafkaException as error:
        return error.args[0].code()
    raise SystemExit('no error')


# A topic that nobody made stays unknown, whoever asks for it.
outcomes = []
producer = Producer({
    'bootstrap.servers': server, 'message.timeout.ms': 2000,
    'topic.metadata.propagation.max.ms': 1000})
producer.produce('unknown', b'x', on_delivery=lambda error, message: outcomes.append(error))
producer.produce('known', b'x', partition=5, on_delivery=lambda error, _: outcomes.append(error))
for number in range(10):
    producer.produce('known', b'%d' % number, partition=0)
assert producer.flush(20) == 0
unknown = {
    KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION,
    KafkaError._MSG_TIMED_OUT}
assert len(outcomes) == 2 and all(error.code() in unknown for error in outcomes), outcomes
consumer = Consumer({
    'bootstrap.servers': server, 'group.id': 'g', 'allow.auto.create.topics': True,
    'auto.offset.reset': 'error'})
consumer.subscribe(['unknown'])
error = consumer.poll(20).error()
assert error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART, error
consumer.unsubscribe()
assert list(admin.list_topics(timeout=20).topics) == ['known'] or set(
    admin.list_topics(timeout=20).topics) == {'known', '__consumer_offsets'}

# Without a rule for what is not there, clients hear of it.
consumer.assign([TopicPartition('known', 0, 1000)])
error = consumer.poll(20).error()
assert error.code() == KafkaError._AUTO_OFFSET_RESET, error
consumer.assign([TopicPartition('known', 0, 3)])
assert consumer.poll(20).value() == b'3'
consumer.close()

reader = KafkaConsumer(bootstrap_servers=server, auto_offset_reset='none')
reader.assign([PythonTopicPartition('known', 0)])
reader.seek(PythonTopicPartition('known', 0), 1000)
try:
    for _ in range(50):
        assert not reader.poll(200)
    raise SystemExit('an offset beyond the end was read')
except OffsetOutOfRangeError:
    pass
reader.close()


async def aio():
    reader = AIOKafkaConsumer(bootstrap_servers=server, auto_offset_reset='none')
    await reader.start()
    reader.assign([AIOTopicPartition('known', 0)])
    reader.seek(AIOTopicPartition('known', 0), 1000)
    try:
        await asyncio.wait_for(reader.getone(), 20)
        raise SystemExit('an offset beyond the end was read')
    except AIOOffsetOutOfRangeError:
        pass
    await reader.stop()


asyncio.run(aio())

# Groups, topics and partitions that cannot be.
member = Consumer({
    'bootstrap.servers': server, 'group.id': 'busy', 'auto.offset.reset': 'earliest'})
member.subscribe(['known'])
assert member.poll(20).value() == b'0'
stranger = Consumer({'bootstrap.servers': server, 'group.id': 'busy'})
place = TopicPartition('known', 0, 1)
assert code(
    lambda: stranger.commit(offsets=[place], asynchronous=False)) == KafkaError.UNKNOWN_MEMBER_ID
stranger.close()
assert code(
    lambda: admin.delete_consumer_groups(['busy'])['busy'].result(20)) == KafkaError.NON_EMPTY_GROUP
member.close()
topic = lambda *arguments, **options: admin.create_topics(
    [NewTopic(*arguments, **options)])[arguments[0]].result(20)
assert code(lambda: topic('known', 1, 1)) == KafkaError.TOPIC_ALREADY_EXISTS
assert code(lambda: topic('a b', 1, 1)) == KafkaError.TOPIC_EXCEPTION
assert code(lambda: topic('zero', 0, 1)) == KafkaError.INVALID_PARTITIONS
assert code(lambda: topic('twice', 1, 2)) == KafkaError.INVALID_REPLICATION_FACTOR
assert code(
    lambda: topic('wrong', 1, 1, config={'cleanup.policy': 'x'})) == KafkaError.INVALID_CONFIG
gone = admin.delete_topics(['unknown'])['unknown']
assert code(lambda: gone.result(20)) == KafkaError.UNKNOWN_TOPIC_OR_PART
assert code(
    lambda: admin.delete_consumer_groups(['nobody'])['nobody'].result(20)
) == KafkaError.GROUP_ID_NOT_FOUND
print('ok')
