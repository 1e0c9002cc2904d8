/// Coordinators of groups and transactions, asked over real sockets.
extension Catalogue {
    static let coordinators = commits + transactions + heartbeats + rebalances + reloads

    private static let alone = "one record of 1 KiB at a time to one log, each flushed"
    private static let shared = "16 threads that append records of 1 KiB to one shared log"

    private static func reference(_ clients: Int) -> String { clients == 1 ? alone : shared }

    private static let commits = [(1, 50), (16, 50), (16, 1)].map { consumers, logs in
        Benchmark(
            "coordinators.commit.\(consumers)" + (logs == 1 ? ".one-log" : ""),
            "OffsetCommit of \(consumers) consumers, each durable before its next, over \(logs) "
                + "partitions of __consumer_offsets",
            per: reference(consumers), .operationsPerSecond
        ) { try CommitWorkload($0, consumers: consumers, logs: logs).pair() }
    }

    private static let transactions = [
        ("", TransactingProducer.Way.implicit, "Produce and EndTxn"),
        (".added", .added, "AddPartitionsToTxn, Produce and EndTxn"),
        (".offset", .withOffset, "Produce, TxnOffsetCommit and EndTxn"),
    ].flatMap { suffix, way, requests in
        [(1, 50), (16, 50), (16, 1)].map { producers, logs in
            Benchmark(
                "coordinators.transaction\(suffix).\(producers)" + (logs == 1 ? ".one-log" : ""),
                "transactions of one record of 1 KiB by \(producers) producers: \(requests), each "
                    + "durable before the next, over \(logs) partitions of coordinators",
                per: reference(producers), .operationsPerSecond
            ) { try TransactionWorkload($0, producers: producers, way, logs: logs).pair() }
        }
    }

    private static let heartbeats = [
        (1, 64), (1, 10_000), (10, 64), (100, 1000), (1000, 10_000),
    ].map { members, partitions in
        Benchmark(
            "coordinators.heartbeat.\(members).\(partitions)",
            "ConsumerGroupHeartbeat of \(members) members with nothing new, one after the other, "
                + "in a group with \(partitions) partitions",
            per: "frames of 1 KiB over loopback, echoed by an event loop", .operationsPerSecond
        ) { try RebalanceWorkload($0, members: members, partitions: partitions).beating() }
    }

    private static let rebalances = [
        (1, 1), (1, 64), (7, 64), (10, 1000), (100, 1000), (1000, 10_000),
    ].map { members, partitions in
        Benchmark(
            "coordinators.rebalance.\(members).\(partitions)",
            "a consumer joins \(members) others (KIP-848): until each has its part of "
                + "\(partitions) partitions",
            per: "a durable append for each member, one at a time", .seconds
        ) { try RebalanceWorkload($0, members: members, partitions: partitions).rebalancing() }
    }

    private static let reloads = [("compact", 1), ("history", 4)].map { name, rounds in
        Benchmark(
            "coordinators.reload.\(name)",
            "a start with a million committed offsets in one log, each committed "
                + "\(rounds == 1 ? "once" : "\(rounds) times"), until one is told",
            per: "mapping and checksumming the log's files", .seconds
        ) { try ReloadWorkload($0, groups: 10_000, rounds: rounds).pair() }
    }
}
