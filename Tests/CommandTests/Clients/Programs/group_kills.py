"""Members of groups, of several clients at once, join, leave, are killed with -9 and stopped for
longer than their session; so is the broker killed.

usage: group_kills.py VARVE DIRECTORY [--broker-kills N] [--client-kills N] [--seed S]
       [--group NAME]...

For each kill of a client there is one more event of another kind. After each event the members that
are there have to own everything, each partition by one of them. At the end nothing may be unread,
and of what the members told these must hold:

- In one generation a partition has one owner.
- Nobody owns what somebody else has not given back, or lost: who was stopped or put out may err.
- Nobody commits for a partition that was given to somebody else after it.
"""

import signal
import time
from collections import Counter

from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from processes import Broker, Client, Feed, arguments, begin, clock, count_kills, tell, until
from topics import SECONDS_MAX, make

PARTITIONS, UNDONE_MAX, MEMBERS_MAX = 6, 200, 4
# The clients of each group, and the protocol that each of them speaks; the session in milliseconds.
GROUPS = {
    "eager": (
        [("confluent", "range"), ("kafka_python", "range"), ("aiokafka", "range")],
        1500,
    ),
    # Not kafka-python, whose cooperative members go on claiming what they have lost.
    "cooperative": ([("confluent", "cooperative-sticky")], 1500),
    "consumer": ([("confluent", "consumer")], 1500),
    "mixed": (
        [("confluent", "consumer"), ("confluent", "cooperative-sticky")],
        1500,
    ),
    "static": (
        [("confluent", "range"), ("kafka_python", "range"), ("aiokafka", "range")],
        20_000,
    ),
    "static-consumer": ([("confluent", "consumer")], 20_000),
}


class Member:
    """One process of a member, and what it told."""

    def __init__(self, table, client, protocol, instance):
        self.kind, self.instance = (client, protocol), instance
        self.owned, self.paused = set(), False
        # Of each partition: when it was got, and when and how given away, if it was.
        self.spans = []
        words = [client, table.server, table.group, protocol, table.session_ms]
        self.process = Client(
            "group_member.py", *words, *([instance] if instance else []), hear=self.hear
        )
        self.table = table
        self.generation, self.lines, self.heard = None, 0, []

    def __str__(self):
        return f"{'/'.join(self.kind)} {self.process.process.pid}"

    def hear(self, _, words):
        if words[0] in ("assigned", "revoked", "lost", "refused"):
            self.heard.append(" ".join(words))
        kind, words = words[0], words[1:]
        if kind == "assigned":
            self.lines += 1
            self.assigned(int(words[0]), int(words[1]), set(map(int, words[2:])))
        elif kind in ("revoked", "lost"):
            self.lines += 1
            self.end(int(words[0]), kind, set(map(int, words[1:])))
        elif kind == "read":
            self.table.read.update(tuple(map(int, word.split(":"))) for word in words)
        elif kind == "committed":
            for word in words[1:]:
                partition, end = map(int, word.split(":"))
                self.table.commits.append((self, int(words[0]), partition))
                self.table.ends[partition] = max(self.table.ends[partition], end)
        elif kind == "refused":
            self.table.refused[words[0]] += 1

    def assigned(self, at, generation, partitions):
        self.end(at, "revoked", self.owned - partitions)
        for partition in partitions:
            owner = self.table.owners.setdefault((generation, partition), self)
            if owner is not self and not self.follows(owner):
                self.table.faults.append(
                    f"partition {partition} of generation {generation}: {owner} and {self}"
                )
        how = "erred" if self.paused else None
        for partition in partitions - self.owned:
            self.spans.append({"partition": partition, "from": at, "to": None, "how": how})
        self.owned, self.generation = partitions, generation

    def follows(self, other):
        """A static member that comes back has what its process before had."""
        return self.instance is not None and other.instance == self.instance

    def end(self, at, how, partitions):
        for span in self.spans:
            if span["to"] is None and span["partition"] in partitions:
                span["to"], span["how"] = at, span["how"] or how
        self.owned = self.owned - partitions

    def gone(self, how):
        """Called before the process ends, so that who is given its part is given it later."""
        with Client.ear:
            self.end(clock(), how, set(self.owned))


class Table:
    """One group."""

    def __init__(self, broker, name, chance):
        self.broker, self.group, self.chance = broker, name, chance
        self.server = broker.server
        self.kinds, self.session_ms = GROUPS[name]
        make(self.server, name, partitions=PARTITIONS)
        self.members, self.former = [], []
        self.owners, self.commits, self.read = {}, [], set()
        self.ends, self.refused, self.faults = [0] * PARTITIONS, Counter(), []
        self.feed = Feed(
            self.server, name, PARTITIONS, UNDONE_MAX, done=lambda: sum(self.ends)
        )
        self.is_static, self.instances = name.startswith("static"), 0
        if name == "static-consumer":
            self.have_long_sessions()

    def have_long_sessions(self):
        """Of the new protocol, the broker says how long they are."""
        admin = AdminClient({"bootstrap.servers": self.server})
        session = ConfigEntry(
            "consumer.session.timeout.ms",
            str(self.session_ms),
            incremental_operation=AlterConfigOpType.SET,
        )
        group = ConfigResource(ResourceType.GROUP, self.group, incremental_configs=[session])
        for change in admin.incremental_alter_configs([group]).values():
            change.result(SECONDS_MAX)

    def join(self, kind=None, instance=None):
        client, protocol = kind or self.chance.choice(self.kinds)
        if self.is_static and not instance:
            self.instances += 1
            instance = f"seat-{self.instances}"
        self.members.append(Member(self, client, protocol, instance))
        return self.members[-1]

    def present(self):
        return [member for member in self.members if not member.paused]

    def tend(self):
        self.feed.check()
        assert not self.faults, self.faults
        for member in self.members:
            code = member.process.process.poll()
            assert code is None, f"{member} ended with {code}"

    def explain(self):
        """What each member said of itself lately."""
        for member in self.former + self.members:
            tell(member, "paused" if member.paused else "", *member.heard[-12:], sep="\n  ")

    def state(self):
        owned = {str(member): sorted(member.owned) for member in self.members}
        return f"{self.group}: {owned}, ends {self.ends}, refused {dict(self.refused)}"

    def settle(self):
        """Until those who are there own everything, evenly, and commit it."""

        def settled():
            with Client.ear:
                dealt = [p for member in self.present() for p in member.owned]
                counts = [len(member.owned) for member in self.present()]
                generations = {member.generation for member in self.present()}
            # Eager members tell of every generation, others only of what changes for them.
            all_told = len(generations) == 1 or ("confluent", "range") not in self.kinds
            if not all_told or min(counts) == 0 or max(counts) - min(counts) > 1:
                return False
            return sorted(dealt) == list(range(PARTITIONS))

        until(settled, SECONDS_MAX, self.state, self.tend)
        before = sum(self.ends)
        until(lambda: sum(self.ends) > before, SECONDS_MAX, self.state, self.tend)

    # What can happen to a member.

    def take(self):
        """Somebody goes."""
        member = self.members.pop(self.chance.randrange(len(self.members)))
        self.former.append(member)
        return member

    def leave(self):
        self.take().process.stop()

    def kill(self):
        if self.group == "static-consumer":
            # The broker keeps a seat of the new protocol for its process until it says that it
            # goes, or its session ends.
            return self.restart()
        member = self.take()
        was = set(member.owned)
        member.gone("killed")
        member.process.kill()
        if self.is_static:
            self.come_back(member, was)

    def restart(self):
        """A static member goes in order, and comes back."""
        member = self.take()
        was = set(member.owned)
        member.process.stop()
        self.come_back(member, was)

    def come_back(self, member, was):
        """Nobody but itself notices."""
        others = [(other, other.lines) for other in self.members]
        back = self.join(member.kind, member.instance)
        until(lambda: back.owned, SECONDS_MAX, self.state, self.tend)
        assert back.owned == was, f"{back} had {was}, and has {back.owned}"
        noticed = [str(other) for other, lines in others if other.lines != lines]
        assert not noticed, f"{back} came back, and was noticed by {noticed}"

    def pause(self):
        member = self.chance.choice(self.pausable())
        with Client.ear:
            member.paused = True
            for span in member.spans:
                span["how"] = span["how"] or "erred"
        member.process.send(signal.SIGSTOP)
        if len(self.members) > 1:
            # The others have everything only when its session has ended.
            self.settle()
        member.process.send(signal.SIGCONT)
        self.settle_back(member)

    def pausable(self):
        """A group that has lost its last member of the new protocol is a classic one. It does not
        know that member when it wakes, and says so as Kafka does, with GROUP_ID_NOT_FOUND: upon
        which librdkafka goes on asking, and never joins anew."""
        new = [member for member in self.members if member.kind[1] == "consumer"]
        alone = new if len(new) == 1 and len(self.kinds) > 1 else []
        return [member for member in self.members if member not in alone]

    def settle_back(self, member):
        """What it owned before it was stopped it may take for its own until it hears otherwise."""
        with Client.ear:
            member.paused = False
        self.settle()

    def change(self):
        """An event that is no kill."""
        events = [self.restart] if self.is_static else [self.pause]
        if len(self.members) < MEMBERS_MAX:
            events.append(self.join)
        if len(self.members) > 2 and not self.is_static:
            events.append(self.leave)
        self.chance.choice(events)()

    def finish(self):
        self.feed.stop()
        until(lambda: self.ends == self.feed.sent, SECONDS_MAX, self.state, self.tend)
        while self.members:
            self.leave()
        unread = [
            (partition, offset)
            for partition, end in enumerate(self.feed.sent)
            for offset in range(end)
            if (partition, offset) not in self.read
        ]
        assert not unread, f"{self.group}: {len(unread)} unread: {unread[:5]}"
        self.check_spans()
        self.check_commits()

    def spans(self):
        for member in self.former:
            for span in member.spans:
                yield span["from"], span["partition"], member, span

    def check_spans(self):
        for partition in range(PARTITIONS):
            mine = sorted((s for s in self.spans() if s[1] == partition), key=lambda s: s[0])
            for index, (_, _, owner, span) in enumerate(mine):
                if span["how"] not in ("revoked", "killed"):
                    continue
                for start, _, other, _ in mine[index + 1 :]:
                    assert other is owner or start > span["to"], (
                        f"{self.group}-{partition}: {other} got it "
                        f"{(span['to'] - start) / 1e6:.1f} ms before {owner} gave it back"
                    )

    def check_commits(self):
        given = {}
        for start, partition, member, _ in self.spans():
            given.setdefault(partition, []).append((start, member))
        for member, at, partition in self.commits:
            if member.kind[0] == "aiokafka":
                # It sends with whatever generation it has reached meanwhile.
                continue
            before = [(start, owner) for start, owner in given[partition] if start < at]
            last = max(before, key=lambda one: one[0])[1]
            assert last is member, (
                f"{self.group}-{partition}: {member} committed though {last} had got it"
            )


def play(table, kills):
    # One of each kind, so that all of them meet.
    for kind in table.kinds:
        table.join(kind)
    table.join()
    table.settle()
    for kill in kills:
        if kill == "broker":
            table.broker.kill()
            table.broker.start()
        else:
            table.change()
            table.settle()
            table.kill()
            if len(table.members) < 2:
                table.join()
        table.settle()
    table.finish()


def main():
    words = arguments()
    words.add_argument("--group", action="append", choices=list(GROUPS))
    words, chance = begin(words)
    names = words.group or list(GROUPS)
    kills = count_kills(words, chance)
    broker = Broker(words.varve, words.directory)
    for index, name in enumerate(names):
        began = time.monotonic()
        table = Table(broker, name, chance)
        mine = kills[index :: len(names)]
        try:
            play(table, mine)
        except AssertionError:
            table.explain()
            raise
        tell(
            f"{name}: {mine.count('broker')} kills of the broker, {mine.count('client')} of "
            f"clients, {len(table.former)} members, {len(table.read)} records, "
            f"{len(table.commits)} commits, refused {dict(table.refused)}, "
            f"{time.monotonic() - began:.1f} s"
        )
    broker.stop()
    print("ok")


main()
