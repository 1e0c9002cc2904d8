extension ConfigTable {
    /// Properties of Varve's own.
    public static let varve = ConfigTable(rows: varveRows)

    /// name|type|access|default|valid
    static let varveRows = """
        varve.consumer.heartbeat.interval.min.ms|int|w|250|[20,...]
        varve.flush.policy|string|r|durable|[durable, page-cache]
        varve.scrub.bytes.per.second|long|w|16777216|[1,...]
        varve.scrub.interval.ms|long|w|604800000|[-1,...]
        """
}
