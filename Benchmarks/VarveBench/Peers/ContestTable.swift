/// Every contest, in the order in which they run.
public enum ContestTable {
    public static let contests: [Contest] = appends + reads + reopenings + brokers

    /// The contests that `filter` is part of the name of, or of a subject's; all for nil.
    /// - Throws: `.nothingMatches` when there is none.
    public static func choose(_ filter: String?) throws(BenchError) -> [Contest] {
        guard let filter else { return contests }
        let chosen = contests.filter { contest in
            contest.name.contains(filter) || contest.subjects.contains { $0.contains(filter) }
        }
        guard !chosen.isEmpty else { throw .nothingMatches(filter: filter) }
        return chosen
    }
}

// MARK: Stores in the process

extension ContestTable {
    private static let appends = [
        Contest(
            "durable.1", "one record of 1 KiB at a time, each flushed before the next",
            ["append.durable"], per: Peer.embedded
        ) { harness, peer in
            harness.side(peer, durable(harness, threads: 1, 1000))
        },
        Contest(
            "durable.16", "16 writers, each with one record of 1 KiB that it waits for",
            ["append.shared.16", "append.shared.tasks.16", "append.shared.core.16"],
            per: Peer.embedded
        ) { harness, peer in
            harness.side(peer, durable(harness, threads: 16, 8000))
        },
        Contest(
            "page-cache", "records of 1 KiB in batches of 100, not waited for",
            ["append.page-cache", "append.page-cache.frame"], per: Peer.embedded
        ) { harness, peer in
            harness.side(peer, PeerWorkload("append", ["count": recordCount(harness)]))
        },
    ]

    private static let reads = [
        Contest(
            "scan", "every record of 1 KiB in order, cached; Varve verifies, others add up words",
            ["scan"], per: Peer.embedded
        ) { harness, peer in
            harness.side(peer, PeerWorkload("scan", ["count": recordCount(harness)]))
        },
        Contest(
            "read", "records of 1 KiB at random, cached; Varve verifies, others add up words",
            ["read.random"], per: Peer.embedded
        ) { harness, peer in
            let count = harness.bench.scaled(2048 * 256, smoke: 100)
            let reads = harness.bench.scaled(300_000, smoke: 20)
            return harness.side(peer, PeerWorkload("read", ["count": count, "reads": reads]))
        },
    ]

    private static let reopenings = [true, false].map { isKilled in
        Contest(
            isKilled ? "reopen.killed" : "reopen.closed",
            "opening 1 GiB, until a record is durable, after "
                + (isKilled ? "SIGKILL with 64 MiB more that were not waited for" : "a close"),
            [isKilled ? "reopen.killed.durable" : "reopen.closed.durable"], per: Peer.embedded
        ) { harness, peer in
            let count = harness.bench.scaled(1 << 20, quick: 1 << 20, smoke: 400)
            let tail = harness.bench.scaled(1 << 16, quick: 1 << 16, smoke: 200)
            return try harness.reopening(
                peer, recordCount: count, tailCount: tail, isKilled: isKilled)
        }
    }

    /// As many as `append.page-cache` and `scan` have.
    private static func recordCount(_ harness: PeerHarness) -> Int {
        harness.bench.scaled(10_000, smoke: 4) * 100
    }

    private static func durable(
        _ harness: PeerHarness, threads: Int, _ count: Int
    ) -> PeerWorkload {
        PeerWorkload(
            "durable",
            ["threads": threads, "count": harness.bench.scaled(count, smoke: 3 * threads)])
    }
}

// MARK: Stores behind a socket

extension ContestTable {
    private static let brokers =
        [1, 16].flatMap { connections in
            [
                Contest(
                    "broker.sync.\(connections)",
                    "\(connections) connections, each with one record of 1 KiB that is flushed",
                    ["broker.sync.\(connections).durable"], per: [.redis]
                ) { harness, peer in
                    harness.side(peer, sync(harness, connections, isDurable: true))
                },
                Contest(
                    "broker.sync.\(connections).page-cache",
                    "\(connections) connections, each with one record of 1 KiB, not flushed",
                    ["broker.sync.\(connections)"], per: [.redis, .nats]
                ) { harness, peer in
                    harness.side(peer, sync(harness, connections, isDurable: false))
                },
            ]
        }
        + [
            Contest(
                "broker.produce",
                "records of 1 KiB over one connection, 2,000 under way, not flushed: Varve's in "
                    + "batches of 250, others' one by one",
                ["broker.produce.1kib"], per: [.redis, .nats]
            ) { harness, peer in
                let count = harness.bench.scaled(250_000, quick: 60_000, smoke: 500)
                return harness.side(
                    peer,
                    PeerWorkload("produce", ["count": count, "ahead": 2000, "durable": 0]))
            }
        ]

    private static func sync(
        _ harness: PeerHarness, _ connections: Int, isDurable: Bool
    ) -> PeerWorkload {
        let count = harness.bench.scaled(
            connections == 1 ? 4000 : 20_000, smoke: 2 * connections)
        return PeerWorkload(
            "sync",
            ["connections": connections, "count": count, "durable": isDurable ? 1 : 0])
    }
}
