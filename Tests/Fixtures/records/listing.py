#!/usr/bin/env python3
"""Turns the JSON listing of a log directory into the lines that the tests read.

    listing.py listing.jsonl.gz SEGMENT... > name.txt

The JSON has one line per batch, made by Apache Kafka's own reader, with keys and values in hex.
The text has one line per thing, fields separated by one blank:

    segment FILE
    batch POSITION SIZE BASE LAST CRC EPOCH CODEC TIMETYPE MAXTIME PID PEPOCH BASESEQ LASTSEQ \
        FLAGS HORIZON COUNT
    record OFFSET TIMESTAMP SEQUENCE KEY VALUE [HEADERKEY HEADERVALUE]...

FLAGS are '-', 't' (transactional), 'c' (control) or 'tc'. An absent number is '-'. Bytes are '-'
for null, hex after an 'x' up to 24 bytes, and above that '#SIZE:FNV1A64'.
"""
import gzip
import json
import sys


def bytes_text(text):
    if text is None:
        return "-"
    raw = bytes.fromhex(text)
    if len(raw) <= 24:
        return "x" + text
    digest = 0xCBF29CE484222325
    for byte in raw:
        digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"#{len(raw)}:{digest:016x}"


def number(value):
    return "-" if value is None else str(value)


def main():
    wanted, seen = sys.argv[2:], set()
    for line in gzip.open(sys.argv[1], "rt"):
        batch = json.loads(line)
        name = batch["file"]
        if batch.get("magic") != 2 or name not in wanted:
            continue
        if name not in seen:
            seen.add(name)
            print("segment", name)
        flags = ("t" if batch["transactional"] else "") + ("c" if batch["control"] else "")
        keys = (
            "position size baseOffset lastOffset crc leaderEpoch codec timestampType "
            "maxTimestamp producerId producerEpoch baseSequence lastSequence"
        ).split()
        print("batch", *(number(batch[key]) for key in keys), flags or "-",
              number(batch.get("deleteHorizonMs")), batch["count"])
        for record in batch["records"]:
            headers = [
                text
                for key, value in record.get("headers", [])
                for text in (bytes_text(key.encode().hex()), bytes_text(value))
            ]
            print("record", record["offset"], record["timestamp"], number(record.get("sequence")),
                  bytes_text(record["key"]), bytes_text(record["value"]), *headers)


main()
