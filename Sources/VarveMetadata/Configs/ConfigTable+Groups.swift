extension ConfigTable {
    /// Properties of single groups.
    public static let groups = ConfigTable(rows: groupRows)

    /// name|type|access|default|valid|broker property that it falls back to
    static let groupRows = """
        consumer.assignment.interval.ms|int|w|1000|[0,...]|group.consumer.assignment.interval.ms
        consumer.heartbeat.interval.ms|int|w|5000|[1,...]|group.consumer.heartbeat.interval.ms
        consumer.session.timeout.ms|int|w|45000|[1,...]|group.consumer.session.timeout.ms
        share.assignment.interval.ms|int|w|1000|[0,...]|group.share.assignment.interval.ms
        share.auto.offset.reset|string|w|latest||
        share.delivery.count.limit|int|w|5|[2,...]|group.share.delivery.count.limit
        share.heartbeat.interval.ms|int|w|5000|[1,...]|group.share.heartbeat.interval.ms
        share.isolation.level|string|w|read_uncommitted|[read_committed, read_uncommitted]|
        share.partition.max.record.locks|int|w|2000|[100,...]|\
        group.share.partition.max.record.locks
        share.record.lock.duration.ms|int|w|30000|[1000,...]|group.share.record.lock.duration.ms
        share.renew.acknowledge.enable|boolean|w|true||
        share.session.timeout.ms|int|w|45000|[1,...]|group.share.session.timeout.ms
        streams.assignment.interval.ms|int|w|1000|[0,...]|group.streams.assignment.interval.ms
        streams.heartbeat.interval.ms|int|w|5000|[1,...]|group.streams.heartbeat.interval.ms
        streams.initial.rebalance.delay.ms|int|w|3000|[0,...]|\
        group.streams.initial.rebalance.delay.ms
        streams.num.standby.replicas|int|w|0|[0,...]|group.streams.num.standby.replicas
        streams.session.timeout.ms|int|w|45000|[1,...]|group.streams.session.timeout.ms
        """
}
