"""Kills a broker and share consumers with -9 at random moments.

usage: share_kills.py VARVE DIRECTORY [--broker-kills N] [--client-kills N] [--seed S]

Every record has to end, accepted or rejected, exactly once as far as answers say; and with the
answer it has ended: it never comes again.
"""

import time

from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType)

from processes import (
    QUICK, Broker, Client, Feed, arguments, begin, clock, count_kills, tell, until)
from topics import SECONDS_MAX, make

PARTITIONS, WORKERS, BACKLOG_MAX, DELIVERIES_MAX = 3, 2, 200, 10
SETTINGS = {
    **QUICK,
    "group.share.delivery.count.limit": DELIVERIES_MAX,
    "group.share.min.heartbeat.interval.ms": 50,
    "group.share.heartbeat.interval.ms": 100,
    "group.share.min.session.timeout.ms": 500,
    "group.share.session.timeout.ms": 1000,
}


class Ledger:
    """What the workers said."""

    def __init__(self):
        self.began, self.killed = {}, []
        self.got, self.tried, self.final = [], set(), {}

    def hear(self, worker, words):
        kind, words = words[0], words[1:]
        if kind == "got":
            at = int(words[0])
            for word in words[1:]:
                number, deliveries = map(int, word.split(":"))
                assert deliveries <= DELIVERIES_MAX, f"{number} came {deliveries} times"
                self.got.append((worker, at, number))
        elif kind == "final":
            for number in map(int, words[1:]):
                self.final.setdefault(number, []).append(int(words[0]))
        else:
            self.tried.update(map(int, words))

    def open(self, count):
        """What may not have ended yet: of what somebody tried, nobody may have got the answer."""
        return [n for n in range(count) if n not in self.tried]

    def check(self):
        """How many records came again though they had ended, as they may: to a worker that had
        them from a broker that died. It is refused when it answers for them."""
        twice = [number for number, times in self.final.items() if len(times) > 1]
        assert not twice, f"ended twice: {twice[:10]}"
        excused = 0
        for worker, at, number in self.got:
            ended = self.final.get(number, [at])[0]
            if at > ended:
                died = [k for k in self.killed if self.began[worker] < k < ended]
                assert died, f"{number} came {(at - ended) / 1e6:.1f} ms after it had ended"
                excused += 1
        return excused


def prepare(server):
    make(server, "work", partitions=PARTITIONS)
    earliest = ConfigEntry(
        "share.auto.offset.reset", "earliest", incremental_operation=AlterConfigOpType.SET)
    group = ConfigResource(ResourceType.GROUP, "workers", incremental_configs=[earliest])
    admin = AdminClient({"bootstrap.servers": server})
    for change in admin.incremental_alter_configs([group]).values():
        change.result(SECONDS_MAX)


def main():
    words, chance = begin(arguments())
    began = time.monotonic()
    broker, ledger = Broker(words.varve, words.directory, SETTINGS), Ledger()
    prepare(broker.server)
    feed = Feed(
        broker.server, "work", PARTITIONS, BACKLOG_MAX,
        done=lambda: len(ledger.tried))

    def worker():
        at = clock()
        made = Client("share_worker.py", broker.server, hear=ledger.hear)
        ledger.began[made] = at
        return made

    def tend():
        feed.check()
        for one in workers:
            assert not one.ended(), f"a worker ended with {one.process.returncode}"

    def state():
        count = sum(feed.sent)
        return f"{count} sent, {len(ledger.final)} ended, open {ledger.open(count)[:10]}"

    def progress():
        before = len(ledger.final)
        until(lambda: len(ledger.final) > before, SECONDS_MAX, state, tend)

    workers = [worker() for _ in range(WORKERS)]
    progress()
    for kill in count_kills(words, chance):
        # Some come while others are still being got over.
        if chance.random() < 0.8:
            progress()
        time.sleep(chance.uniform(0, 0.2))
        if kill == "broker":
            ledger.killed.append(clock())
            broker.kill()
            broker.start()
        else:
            slot = chance.randrange(WORKERS)
            workers[slot].kill()
            workers[slot] = worker()
    feed.stop()
    count = sum(feed.sent)
    until(lambda: not ledger.open(count), SECONDS_MAX, state, tend)
    for one in workers:
        one.stop()

    # Nothing that has ended stands before a new record.
    producer = Producer({"bootstrap.servers": broker.server})
    for partition in range(PARTITIONS):
        producer.produce("work", b"%d" % (count + partition), partition=partition)
    assert producer.flush(SECONDS_MAX) == 0
    workers = [worker()]
    until(lambda: not ledger.open(count + PARTITIONS), SECONDS_MAX, state, tend)
    workers[0].stop()
    broker.stop()
    excused = ledger.check()
    tell(
        f"{words.broker_kills} kills of the broker, {words.client_kills} of clients, {count} "
        f"records, {len(ledger.got)} deliveries, {len(ledger.tried - ledger.final.keys())} without an answer, "
        f"{excused} excused, {time.monotonic() - began:.1f} s")
    print("ok")


main()
