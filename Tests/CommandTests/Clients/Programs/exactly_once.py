"""Kills a broker and clients with -9 at random moments while the clients consume, transform and
produce with transactions, in groups of each protocol.

usage: exactly_once.py VARVE DIRECTORY [--broker-kills N] [--client-kills N] [--seed S]
       [--protocol NAME]...

At the end readers of committed records have to see each input in the output exactly once, in its
order, and no transaction may hang.
"""

import time
from collections import Counter

from processes import Broker, Client, Feed, arguments, begin, count_kills, tell, until
from topics import SECONDS_MAX, make, read

PROTOCOLS = ["eager", "cooperative", "static", "consumer"]
PARTITIONS, COPIERS, BACKLOG_MAX = 4, 2, 400


class Phase:
    """One group, and what is there for it to copy."""

    def __init__(self, broker, protocol):
        self.broker, self.protocol = broker, protocol
        self.input, self.output = f"{protocol}-input", f"{protocol}-output"
        make(broker.server, self.input, self.output, partitions=PARTITIONS)
        self.at, self.aborts, self.ends = [0] * PARTITIONS, [], []
        self.feed = Feed(
            broker.server, self.input, PARTITIONS, BACKLOG_MAX, done=lambda: sum(self.at)
        )
        self.copiers = [self.copier(slot) for slot in range(COPIERS)]

    def copier(self, slot):
        return Client("copier.py", self.broker.server, self.protocol, slot, hear=self.hear)

    def hear(self, _, words):
        if words[0] == "at":
            partition, offset = int(words[1]), int(words[2])
            self.at[partition] = max(self.at[partition], offset)
        else:
            {"aborts": self.aborts, "ends": self.ends}[words[0]].append(words[1])

    def tend(self):
        """A client that could not go on is started again, as a user's supervisor would."""
        self.feed.check()
        for slot, copier in enumerate(self.copiers):
            if copier.ended():
                self.copiers[slot] = self.copier(slot)

    def progress(self):
        before = sum(self.at)
        until(lambda: sum(self.at) > before, SECONDS_MAX, self.state, self.tend)

    def state(self):
        return f"{self.protocol}: sent {self.feed.sent}, at {self.at}, aborts {self.aborts[-5:]}"

    def kill_client(self, slot):
        self.copiers[slot].kill()
        self.copiers[slot] = self.copier(slot)

    def kill_broker(self):
        self.broker.kill()
        self.broker.start()

    def finish(self):
        self.feed.stop()
        until(lambda: self.at == self.feed.sent, SECONDS_MAX, self.state, self.tend)
        for copier in self.copiers:
            copier.stop()

    def values(self, topic, isolation="read_committed"):
        values = read(self.broker.server, topic, PARTITIONS, isolation)
        return [list(map(int, values[partition])) for partition in range(PARTITIONS)]

    def check(self):
        given, made = self.values(self.input), self.values(self.output)
        for partition, count in enumerate(self.feed.sent):
            assert given[partition] == [n * PARTITIONS + partition for n in range(count)]
            expected = [2 * number for number in given[partition]]
            if made[partition] != expected:
                twice = sorted(n for n, times in Counter(made[partition]).items() if times > 1)
                lost = sorted(set(expected) - set(made[partition]))
                raise AssertionError(
                    f"{self.output}-{partition}: {len(twice)} twice {twice[:5]}, {len(lost)} lost "
                    f"{lost[:5]}, or out of order"
                )
        everything = self.values(self.output, "read_uncommitted")
        given_up = sum(map(len, everything)) - sum(self.feed.sent)
        return sum(self.feed.sent), given_up


def main():
    words = arguments()
    words.add_argument("--protocol", action="append", choices=PROTOCOLS)
    words, chance = begin(words)
    protocols = words.protocol or PROTOCOLS
    kills = count_kills(words, chance)
    broker = Broker(words.varve, words.directory)
    phases = []
    for index, protocol in enumerate(protocols):
        began = time.monotonic()
        phase = Phase(broker, protocol)
        phases.append(phase)
        phase.progress()
        mine = kills[index :: len(protocols)]
        for kill in mine:
            # Some come while others are still being got over.
            if chance.random() < 0.8:
                phase.progress()
            time.sleep(chance.uniform(0, 0.25))
            if kill == "broker":
                phase.kill_broker()
            else:
                phase.kill_client(chance.randrange(COPIERS))
        phase.finish()
        copied, given_up = phase.check()
        tell(
            f"{protocol}: {mine.count('broker')} kills of the broker, {mine.count('client')} of "
            f"clients, {copied} records copied, {given_up} more written in transactions that were "
            f"given up, {len(phase.aborts)} aborts by clients, "
            f"clients that gave up: {dict(Counter(phase.ends))}, {time.monotonic() - began:.1f} s"
        )
    # What later phases and kills did must not have changed it.
    for phase in phases:
        phase.check()
    broker.stop()
    print("ok")


main()
