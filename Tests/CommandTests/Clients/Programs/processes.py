"""Processes that a program kills and starts again: a broker, and clients that tell what they do."""

import argparse
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from confluent_kafka import Producer

HERE = os.path.dirname(os.path.abspath(__file__))
# Coordinators of few partitions are there sooner, and who is dead is missed soon.
QUICK = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 100,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.num.partitions": 4,
    "group.consumer.min.heartbeat.interval.ms": 50,
    "group.consumer.heartbeat.interval.ms": 100,
    "group.consumer.min.session.timeout.ms": 500,
    "group.consumer.session.timeout.ms": 1000,
}
# A librdkafka that finds a broker again at once. With the other strategy of recovery, 2.16 forgets the
# broker with the connection, and send_offsets_to_transaction then waits for good for the one that it
# has forgotten.
TENACIOUS = {
    "metadata.recovery.strategy": "none",
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 100,
    "retry.backoff.ms": 20,
    "topic.metadata.refresh.fast.interval.ms": 20,
    "log_level": 2,
}


def die_with_parent():
    """However the program ends, no process of its stays behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Broker:
    """`varve serve` on one port and one directory, through all its deaths."""

    def __init__(self, varve, directory, settings=QUICK):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.server = "127.0.0.1:%d" % probe.getsockname()[1]
        self.line = [varve, "serve", "--listen", self.server, "--directory", directory]
        for name, value in settings.items():
            self.line += ["--set", f"{name}={value}"]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.line, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
        )
        said = self.process.stdout.readline()
        assert said.startswith("serving "), said

    def kill(self):
        assert self.process.poll() is None, f"the broker ended: {self.process.returncode}"
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 143, self.process.returncode


class Client:
    """A program of this folder, and the lines that it has said.

    Each line is given to `hear` with the client, split at its spaces, as soon as it is there: in a
    thread of the client's own, one line at a time of all clients together.
    """

    ear = threading.Lock()

    def __init__(self, program, *words, hear):
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-u", os.path.join(HERE, program), *map(str, words)],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        self.hear = hear
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        for line in self.process.stdout:
            if line.endswith("\n"):
                with Client.ear:
                    self.hear(self, line.split())

    def ended(self):
        return self.process.poll() is not None

    def send(self, signal_number):
        self.process.send_signal(signal_number)

    def kill(self):
        """On return it is dead, and all that it said is heard."""
        self.process.kill()
        self.wait(30)

    def stop(self):
        self.process.terminate()
        code = self.wait(60)
        assert code == 0, f"a client ended with {code}"

    def wait(self, limit):
        code = self.process.wait(limit)
        self.listener.join(limit)
        return code


class Feed(threading.Thread):
    """Produces numbers from 0 on, by turns into the partitions of a topic, while not too many of
    them are undone. Each is there once: the producer is idempotent."""

    BURST = 20

    def __init__(self, server, topic, partitions, undone_max, done):
        super().__init__(daemon=True)
        self.topic, self.undone_max, self.done = topic, undone_max, done
        self.sent, self.refused, self.stopping = [0] * partitions, [], False
        self.producer = Producer(
            {
                "bootstrap.servers": server,
                "enable.idempotence": True,
                "linger.ms": 1,
                **TENACIOUS,
            }
        )
        self.start()

    def delivered(self, error, _):
        if error:
            self.refused.append(error)

    def run(self):
        number = 0
        while not self.stopping:
            self.producer.poll(0.002)
            if number - self.done() > self.undone_max:
                continue
            for _ in range(self.BURST):
                partition = number % len(self.sent)
                self.producer.produce(
                    self.topic, b"%d" % number, partition=partition, on_delivery=self.delivered
                )
                self.sent[partition] += 1
                number += 1

    def check(self):
        assert not self.refused, f"the feed was refused: {self.refused[:3]}"

    def stop(self, limit=60):
        self.stopping = True
        self.join()
        assert self.producer.flush(limit) == 0, "the feed could not be sent"
        self.check()


def say(*words):
    """One line, written at once: a kill comes before it or after it."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def until(condition, limit, what, tend=lambda: None):
    """Waits for what others do; `tend` is called again and again meanwhile."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"not after {limit} s: {what()}"
        tend()
        time.sleep(0.005)


def clock():
    """Nanoseconds that all processes count alike."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def count_kills(words, chance):
    """What to kill, one after the other, by `--broker-kills` and `--client-kills`."""
    kills = ["broker"] * words.broker_kills + ["client"] * words.client_kills
    chance.shuffle(kills)
    return kills


def arguments():
    """The options that all programs that kill have in common."""
    words = argparse.ArgumentParser()
    words.add_argument("varve")
    words.add_argument("directory")
    words.add_argument("--broker-kills", type=int, default=100)
    words.add_argument("--client-kills", type=int, default=100)
    words.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return words


def begin(words):
    """The options of this run, and its seeded chance."""
    words = words.parse_args()
    tell("seed", words.seed)
    return words, random.Random(words.seed)


def tell(*words, **form):
    """For people: standard output is for what a program is asked for."""
    print(*words, **form, file=sys.stderr, flush=True)
