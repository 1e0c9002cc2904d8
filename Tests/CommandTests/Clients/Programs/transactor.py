"""A transactional producer, of one of several clients, that writes one small transaction after the
other into all partitions of a topic, and gives some up.

usage: transactor.py CLIENT SERVER TOPIC PARTITIONS SEAT SERIAL

CLIENT is `confluent`, `kafka_python` or `aiokafka`; SEAT its transactional id. Each value is
`SEAT/SERIAL/TURN/NUMBER`. Says

    ready CLOCK                  its transactional id is initialized
    gives-up TURN                before it aborts
    tries CLOCK TURN COUNT       before it commits so many records
    committed TURN
    fenced REASON                and ends, with 0
    fails REASON                 and ends, with 3: it cannot go on, and does not know why
"""

import asyncio
import os
import random
import signal
import sys
import time

from processes import TENACIOUS, clock, say

CLIENT, SERVER, TOPIC, PARTITIONS, SEAT, SERIAL = sys.argv[1:7]
PARTITIONS, TIMEOUT_MS, ANSWER_SECONDS = int(PARTITIONS), 10_000, 5
chance = random.Random(SERIAL)
stopping = False


def stop(*_):
    global stopping
    stopping = True


def turns():
    """Each turn's values, as pairs with their partitions, and whether they are to be committed."""
    turn = 0
    while not stopping:
        turn += 1
        values = [
            (number % PARTITIONS, f"{SEAT}/{SERIAL}/{turn}/{number}".encode())
            for number in range(PARTITIONS * chance.randint(1, 4))
        ]
        yield turn, values, chance.random() < 0.8


def end(kind, error, name=None):
    """The client may wait for answers that nobody needs any more."""
    say(kind, name or type(error).__name__, *str(error).split())
    os._exit(0 if kind == "fenced" else 3)


def confluent():
    from confluent_kafka import KafkaError, KafkaException, Producer

    def insist(call):
        while True:
            try:
                return call(ANSWER_SECONDS)
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise

    producer = Producer(
        {
            "bootstrap.servers": SERVER,
            "transactional.id": SEAT,
            "transaction.timeout.ms": TIMEOUT_MS,
            "linger.ms": 0,
            **TENACIOUS,
        }
    )

    def play():
        insist(producer.init_transactions)
        say("ready", clock())
        for turn, values, commits in turns():
            producer.begin_transaction()
            try:
                for partition, value in values:
                    producer.produce(TOPIC, value, partition=partition)
                    producer.poll(0)
                    time.sleep(0.0005)
                if commits:
                    say("tries", clock(), turn, len(values))
                    insist(producer.commit_transaction)
                    say("committed", turn)
                else:
                    say("gives-up", turn)
                    producer.flush(ANSWER_SECONDS)
                    insist(producer.abort_transaction)
            except KafkaException as error:
                if not error.args[0].txn_requires_abort():
                    raise
                insist(producer.abort_transaction)

    def cause(error):
        """A call of produce() says only that something fatal was before it, others say what."""
        if error.args[0].code() != KafkaError._FATAL:
            return error
        try:
            producer.abort_transaction(ANSWER_SECONDS)
        except KafkaException as earlier:
            return earlier
        return error

    fencing = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)
    try:
        play()
    except KafkaException as error:
        error = cause(error)
        kind = "fenced" if error.args[0].code() in fencing else "fails"
        end(kind, error, error.args[0].name())


def kafka_python():
    import kafka
    from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError

    def play():
        producer = kafka.KafkaProducer(
            bootstrap_servers=SERVER,
            transactional_id=SEAT,
            transaction_timeout_ms=TIMEOUT_MS,
            linger_ms=0,
            retry_backoff_ms=20,
            reconnect_backoff_ms=20,
            reconnect_backoff_max_ms=100,
        )
        producer.init_transactions()
        say("ready", clock())
        for turn, values, commits in turns():
            producer.begin_transaction()
            for partition, value in values:
                producer.send(TOPIC, value, partition=partition)
                time.sleep(0.0005)
            if commits:
                say("tries", clock(), turn, len(values))
                producer.commit_transaction()
                say("committed", turn)
            else:
                say("gives-up", turn)
                producer.abort_transaction()

    try:
        play()
    except (ProducerFencedError, InvalidProducerEpochError) as error:
        end("fenced", error)
    except KafkaError as error:
        # What a batch met stands within the error of the next call.
        end("fenced" if "ProducerFenced" in repr(error) else "fails", error)


async def aiokafka():
    from aiokafka import AIOKafkaProducer
    from aiokafka.errors import ProducerFenced

    async def play():
        producer = AIOKafkaProducer(
            bootstrap_servers=SERVER,
            transactional_id=SEAT,
            transaction_timeout_ms=TIMEOUT_MS,
            retry_backoff_ms=20,
        )
        await producer.start()
        say("ready", clock())
        for turn, values, commits in turns():
            await producer.begin_transaction()
            for partition, value in values:
                await producer.send(TOPIC, value, partition=partition)
                await asyncio.sleep(0.0005)
            if commits:
                say("tries", clock(), turn, len(values))
                await producer.commit_transaction()
                say("committed", turn)
            else:
                say("gives-up", turn)
                await producer.abort_transaction()

    try:
        await play()
    except ProducerFenced as error:
        end("fenced", error)
    except Exception as error:
        # What a batch met it does not tell: only that it is in no transaction any more.
        end("fails", error)


signal.signal(signal.SIGTERM, stop)
if CLIENT == "aiokafka":
    asyncio.run(aiokafka())
else:
    {"confluent": confluent, "kafka_python": kafka_python}[CLIENT]()
os._exit(0)
