"""Writes records of transactions that no coordinator knows of, as a broker takes them that does not
ask coordinators, with nothing but Python.

usage: raw_transactions.py SERVER write TOPIC PRODUCER VALUE …    a batch of a transaction
       raw_transactions.py SERVER commit TOPIC PRODUCER           its marker
       raw_transactions.py SERVER begin TOPIC ID VALUE …          one that its coordinator knows of
"""

import socket
import struct
import sys
import time


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def varint(number):
    number = number << 1 ^ number >> 63
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def batch(producer, sequence, values):
    records = b""
    for delta, value in enumerate(values):
        body = b"\0" + varint(0) + varint(delta) + varint(-1)
        body += varint(len(value)) + value.encode() + varint(0)
        records += varint(len(body)) + body
    # Transactional; epoch 0; the time is the first of 2026.
    written = 1767225600000
    rest = struct.pack(">hiqqqhii", 0x10, len(values) - 1, written, written, producer, 0, sequence,
                       len(values)) + records
    return struct.pack(">qiibI", 0, len(rest) + 9, -1, 2, crc32c(rest)) + rest


def ask(server, api, version, body, flexible=False):
    host, port = server.rsplit(":", 1)
    header = struct.pack(">hhi", api, version, 1) + text("raw") + (b"\0" if flexible else b"")
    frame = header + body
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(struct.pack(">i", len(frame)) + frame)
        answer = connection.makefile("rb")
        return answer.read(struct.unpack(">i", answer.read(4))[0])


def write(server, topic, producer, values, name="unknown"):
    data = batch(producer, 0, values)
    body = text(name) + struct.pack(">hii", -1, 30_000, 1) + text(topic)
    body += struct.pack(">iii", 1, 0, len(data)) + data
    answer = ask(server, 0, 7, body)
    code = struct.unpack(">h", answer[4 + 4 + 2 + len(topic) + 4 + 4:][:2])[0]
    assert code == 0, f"produce: {code}"


def commit(server, topic, producer):
    name = bytes([len(topic) + 1]) + topic.encode()
    marker = struct.pack(">qhb", producer, 0, 1) + b"\2" + name + b"\2" + struct.pack(">i", 0)
    marker += b"\0" + struct.pack(">i", 0) + b"\0"
    answer = ask(server, 27, 1, b"\2" + marker + b"\0", flexible=True)
    assert b"\0\0\0\0\0\0" in answer, answer


def begin(server, topic, name, values):
    code = -1
    while code != 0:
        answer = ask(server, 22, 0, text(name) + struct.pack(">i", 60_000))
        code, producer = struct.unpack(">hq", answer[8:18])
        # The topic of coordinators is being made, and they are loading.
        assert code in (0, 14, 15, 16), f"producer id: {code}"
        time.sleep(0.02)
    body = text(name) + struct.pack(">qhi", producer, 0, 1) + text(topic)
    answer = ask(server, 24, 0, body + struct.pack(">ii", 1, 0))
    assert answer[-2:] == b"\0\0", answer
    write(server, topic, producer, values, name)


server, action, topic, producer = sys.argv[1:5]
if action == "write":
    write(server, topic, int(producer), sys.argv[5:])
elif action == "begin":
    begin(server, topic, producer, sys.argv[5:])
else:
    commit(server, topic, int(producer))
