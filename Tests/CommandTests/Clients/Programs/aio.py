"""Producer and group consumer of aiokafka."""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

server = sys.argv[1]


async def main():
    producer = AIOKafkaProducer(
        bootstrap_servers=server, enable_idempotence=True, compression_type='gzip')
    await producer.start()
    for number in range(100):
        await producer.send_and_wait('aio', b'%d' % number)
    await producer.stop()
    consumer = AIOKafkaConsumer(
        'aio', bootstrap_servers=server, group_id='aio', auto_offset_reset='earliest')
    await consumer.start()
    seen = []
    while len(seen) < 100:
        message = await asyncio.wait_for(consumer.getone(), 30)
        seen.append(int(message.value))
    await consumer.stop()
    assert seen == list(range(100)), seen


asyncio.run(main())
print('ok')
