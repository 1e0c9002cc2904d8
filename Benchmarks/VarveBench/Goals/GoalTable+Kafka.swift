/// What users of Apache Kafka feel when they switch. Its figures are on record from the machine
/// that the goals were set on, so their ratios hold on machines of that kind only.
extension GoalTable {
    static let againstKafka = [
        Goal(
            "Kafka", "produce 1 KiB, durable, per not", "broker.produce.1kib.durable",
            per: kafka(710_000 * 1024), .atLeast(1.5)),
        Goal(
            "Kafka", "ack at 1 k/s, p99", "broker.paced", of: .p99, per: kafka(0.0097),
            .atMost(0.05)),
        Goal(
            "Kafka", "durable ack at 1 k/s, p99", "broker.paced.durable", of: .p99,
            per: kafka(0.0128), .atMost(0.05)),
        Goal(
            "Kafka", "16 durable connections", "broker.sync.16.durable",
            per: kafka(5500), .atLeast(5)),
        Goal(
            "Kafka", "consume 1 KiB from cache", "broker.consume.1kib",
            per: kafka(600_000 * 1024), .atLeast(2.2)),
        Goal("Kafka", "first start to an ack", "broker.start", per: .nothing, .atMost(0.05)),
        Goal(
            "Kafka", "restart after a kill, 1 GiB", "process.restart.1gib", per: .nothing,
            .atMost(0.1)),
        Goal(
            "Kafka", "restart with 2,000 partitions", "process.restart.2000", per: .nothing,
            .atMost(0.1)),
        Goal(
            "Kafka", "memory with 2,000 partitions", "process.resident.2000", per: .nothing,
            .atMost(24e6)),
        Goal(
            "Kafka", "idle with 2,000 partitions", "process.idle.2000", per: .nothing,
            .atMost(0.001)),
        Goal(
            "Kafka", "transactions, 1 producer, durable", "coordinators.transaction.1",
            per: kafka(81), .atLeast(10)),
        Goal(
            "Kafka", "transactions, 16 producers, durable", "coordinators.transaction.16",
            per: kafka(756), .atLeast(10)),
        Goal(
            "Kafka", "commits, 1 consumer, durable", "coordinators.commit.1",
            per: kafka(5300), .atLeast(0.7)),
        Goal(
            "Kafka", "commits, 16 consumers, durable", "coordinators.commit.16",
            per: kafka(28_000), .atLeast(1)),
        Goal(
            "Kafka", "member joins, 64 partitions", "coordinators.rebalance.1.64", per: .nothing,
            .atMost(0.5)),
    ]

    private static func kafka(_ figure: Double) -> Rival {
        .program(Recorded("Kafka 4.3.1", nil, figure))
    }
}
