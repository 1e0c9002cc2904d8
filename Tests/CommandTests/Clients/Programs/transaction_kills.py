"""Transactional producers of several clients are killed with -9, replaced while they go on, and
stopped and replaced; the broker is killed; half of all that just when somebody commits.

usage: transaction_kills.py VARVE DIRECTORY [--broker-kills N] [--client-kills N] [--seed S]

A kill of a client is one of three: it is killed; it is replaced, and has to learn that it is fenced;
or it is stopped amid its work, replaced, and goes on after that. At the end readers of committed
records have to see of each transaction all or nothing: all where the producer was told so, nothing
where it gave up, and nothing that a producer tried to commit after the next one of its transactional
id was ready. In no partition comes a producer's record behind one of its successor's, and no
transaction hangs.
"""

import signal
import threading
import time
from collections import Counter

from processes import Broker, Client, arguments, begin, count_kills, tell, until
from topics import SECONDS_MAX, make, read

TOPIC, PARTITIONS, SEATS = "shared", 3, 3
CLIENTS = ["confluent", "kafka_python", "aiokafka"]
# When a connection is lost while kafka-python 3.0 looks for its coordinator, it may never send what
# it wanted to send there. It is then silent for longer than any answer takes.
MAY_HANG, SILENCE_MAX = {"kafka_python"}, 15


class Producer:
    """A process, and what it told of its transactions."""

    def __init__(self, server, client, seat, serial, trying):
        self.client, self.seat, self.serial = client, seat, serial
        self.ready, self.tried, self.sure, self.given_up = None, {}, set(), set()
        self.ending, self.trying, self.heard = None, trying, time.monotonic()
        self.process = Client(
            "transactor.py", client, server, TOPIC, PARTITIONS, seat, serial, hear=self.hear
        )

    def __str__(self):
        return f"{self.client} {self.seat}/{self.serial}"

    def hangs(self):
        return self.client in MAY_HANG and time.monotonic() - self.heard > SILENCE_MAX

    def give_up(self):
        self.process.kill()
        self.ending = self.ending or ["fails", "silence"]

    def has_ended(self):
        """Ends it when it hangs."""
        if not self.process.ended() and self.hangs():
            self.give_up()
        return self.process.ended()

    def hear(self, _, words):
        self.heard = time.monotonic()
        kind, words = words[0], words[1:]
        if kind == "ready":
            self.ready = int(words[0])
        elif kind == "tries":
            self.tried[int(words[1])] = (int(words[0]), int(words[2]))
            self.trying.set()
        elif kind == "committed":
            self.sure.add(int(words[0]))
        elif kind == "gives-up":
            self.given_up.add(int(words[0]))
        else:
            self.ending = [kind, *words]


class Stage:
    def __init__(self, broker, chance):
        self.broker, self.chance = broker, chance
        self.trying, self.all, self.fails = threading.Event(), [], Counter()
        make(broker.server, TOPIC, partitions=PARTITIONS)
        self.present = [self.start(f"seat-{number}") for number in range(SEATS)]

    def start(self, seat):
        client = CLIENTS[len(self.all) % len(CLIENTS)]
        producer = Producer(self.broker.server, client, seat, len(self.all), self.trying)
        self.all.append(producer)
        return producer

    def tend(self):
        """Who cannot go on is started again, as a user's supervisor would."""
        for slot, producer in enumerate(self.present):
            if producer.has_ended():
                producer.process.wait(SECONDS_MAX)
                assert producer.ending and producer.ending[0] == "fails", (
                    f"{producer} ended, alone on its seat: {producer.ending}"
                )
                self.note_failure(producer)
                self.present[slot] = self.start(producer.seat)

    def note_failure(self, producer):
        self.fails[f"{producer.client}: {producer.ending[1]}"] += 1
        tell(producer, *producer.ending)

    def count(self):
        return sum(len(producer.sure) for producer in self.all)

    def state(self):
        return [(str(p), p.ready, len(p.sure), p.ending) for p in self.present]

    def progress(self):
        before = self.count()
        until(lambda: self.count() > before, SECONDS_MAX, self.state, self.tend)

    def await_moment(self):
        """Any moment, or that in which somebody commits."""
        if self.chance.random() < 0.5:
            self.trying.clear()
            until(self.trying.is_set, SECONDS_MAX, self.state, self.tend)
        else:
            time.sleep(self.chance.uniform(0, 0.2))

    def kill_broker(self):
        self.broker.kill()
        self.broker.start()

    def kill_client(self):
        slot = self.chance.randrange(SEATS)
        self.chance.choice([self.kill, self.replace, self.stop_and_replace])(slot)

    def kill(self, slot):
        old = self.present[slot]
        old.process.kill()
        self.present[slot] = self.start(old.seat)

    def whole(self, slot):
        """Who asks for its transactional id late fences its own successor."""
        until(lambda: self.present[slot].ready, SECONDS_MAX, self.state, self.tend)
        return self.present[slot]

    def replace(self, slot):
        old = self.whole(slot)
        self.present[slot] = self.start(old.seat)
        self.await_fenced(old)

    def stop_and_replace(self, slot):
        old = self.whole(slot)
        old.process.send(signal.SIGSTOP)
        self.present[slot] = self.start(old.seat)
        seat = [self.present[slot]]

        def successor_committed():
            seat.append(self.present[slot])
            return any(producer.sure for producer in seat)

        until(successor_committed, SECONDS_MAX, self.state, self.tend)
        old.process.send(signal.SIGCONT)
        self.await_fenced(old)

    def await_fenced(self, old):
        old.heard = time.monotonic()
        until(old.has_ended, SECONDS_MAX, lambda: f"{old} goes on", self.tend)
        code = old.process.wait(SECONDS_MAX)
        # It may have ended of something else just before.
        if old.ending and old.ending[0] == "fails":
            self.note_failure(old)
        else:
            said = f"{old} ended with {code}: {old.ending}"
            assert old.ending and old.ending[0] == "fenced", said

    def finish(self):
        self.progress()
        for producer in self.present:
            producer.process.send(signal.SIGTERM)
        for producer in self.present:
            until(producer.has_ended, SECONDS_MAX, self.state)
            producer.process.wait(SECONDS_MAX)
        # What a producer left open when it failed is ended by the next one of its seat.
        self.present = [self.start(producer.seat) for producer in self.present]
        until(lambda: all(p.sure for p in self.present), SECONDS_MAX, self.state, self.tend)
        for producer in self.present:
            producer.process.send(signal.SIGTERM)
            until(producer.has_ended, SECONDS_MAX, self.state)

    def check(self):
        values = read(self.broker.server, TOPIC, PARTITIONS, "read_committed")
        found, last = {}, {}
        for partition, texts in values.items():
            for text in texts:
                seat, *numbers = text.split("/")
                serial, turn, number = map(int, numbers)
                place = (serial, turn, number)
                before = last.setdefault((partition, seat), place)
                assert before <= place, f"{text} stands behind {before} in {partition}"
                last[partition, seat] = place
                found.setdefault((serial, turn), []).append(number)
        transactions = len(found)
        for producer in self.all:
            self.check_producer(producer, found)
        everything = read(self.broker.server, TOPIC, PARTITIONS, "read_uncommitted")
        return transactions, sum(map(len, values.values())), sum(map(len, everything.values()))

    def check_producer(self, producer, found):
        successors = [
            other.ready
            for other in self.all
            if other.seat == producer.seat and other.serial > producer.serial and other.ready
        ]
        for turn, (at, count) in producer.tried.items():
            numbers = sorted(found.pop((producer.serial, turn), [])) or None
            what = f"{producer}, turn {turn}: {numbers} of {count}"
            assert numbers is None or numbers == list(range(count)), what
            assert numbers or turn not in producer.sure, f"{what}: lost"
            late = [ready for ready in successors if ready < at]
            assert not late or numbers is None, f"{what}: committed though it was fenced"
        stray = [turn for serial, turn in found if serial == producer.serial]
        assert not stray, f"{producer}: turns {stray[:5]} are there, and it did not commit them"


def main():
    words, chance = begin(arguments())
    began = time.monotonic()
    broker = Broker(words.varve, words.directory)
    stage = Stage(broker, chance)
    stage.progress()
    for kill in count_kills(words, chance):
        # Some come while others are still being got over.
        if chance.random() < 0.8:
            stage.progress()
        stage.await_moment()
        if kill == "broker":
            stage.kill_broker()
        else:
            stage.kill_client()
    stage.finish()
    transactions, committed, written = stage.check()
    broker.stop()
    fenced = sum(1 for producer in stage.all if producer.ending and producer.ending[0] == "fenced")
    tell(
        f"{words.broker_kills} kills of the broker, {words.client_kills} of clients, "
        f"{len(stage.all)} producers, {fenced} fenced, {transactions} transactions, {committed} "
        f"records of {written} that were written, clients that gave up: {dict(stage.fails)}, "
        f"{time.monotonic() - began:.1f} s"
    )
    print("ok")


main()
