extension ConfigTable {
    /// name|type|access|default|valid|broker property that it falls back to
    static let topicRows = """
        cleanup.policy|list|w|delete|[compact, delete]|log.cleanup.policy
        compression.gzip.level|int|w|-1|[1,...,9] or -1|compression.gzip.level
        compression.lz4.level|int|w|9|[1,...,17]|compression.lz4.level
        compression.type|string|w|producer|[uncompressed, zstd, lz4, snappy, gzip, producer]|\
        compression.type
        compression.zstd.level|int|w|3|[-131072,...,22]|compression.zstd.level
        delete.retention.ms|long|w|86400000|[0,...]|log.cleaner.delete.retention.ms
        file.delete.delay.ms|long|w|60000|[0,...]|log.segment.delete.delay.ms
        flush.messages|long|w|9223372036854775807|[1,...]|log.flush.interval.messages
        flush.ms|long|w|9223372036854775807|[0,...]|log.flush.interval.ms
        follower.replication.throttled.replicas|list|w||[partitionId]:[brokerId],\
        [partitionId]:[brokerId],...|
        index.interval.bytes|int|w|4096|[0,...]|log.index.interval.bytes
        leader.replication.throttled.replicas|list|w||[partitionId]:[brokerId],\
        [partitionId]:[brokerId],...|
        local.retention.bytes|long|w|-2|[-2,...]|log.local.retention.bytes
        local.retention.ms|long|w|-2|[-2,...]|log.local.retention.ms
        max.compaction.lag.ms|long|w|9223372036854775807|[1,...]|log.cleaner.max.compaction.lag.ms
        max.message.bytes|int|w|1048588|[0,...]|message.max.bytes
        message.timestamp.after.max.ms|long|w|3600000|[0,...]|log.message.timestamp.after.max.ms
        message.timestamp.before.max.ms|long|w|9223372036854775807|[0,...]|\
        log.message.timestamp.before.max.ms
        message.timestamp.type|string|w|CreateTime|[CreateTime, LogAppendTime]|\
        log.message.timestamp.type
        min.cleanable.dirty.ratio|double|w|0.5|[0,...,1]|log.cleaner.min.cleanable.ratio
        min.compaction.lag.ms|long|w|0|[0,...]|log.cleaner.min.compaction.lag.ms
        min.insync.replicas|int|w|1|[1,...]|min.insync.replicas
        preallocate|boolean|w|false||log.preallocate
        remote.log.copy.disable|boolean|w|false||
        remote.log.delete.on.disable|boolean|w|false||
        remote.storage.enable|boolean|w|false||
        retention.bytes|long|w|-1||log.retention.bytes
        retention.ms|long|w|604800000|[-1,...]|log.retention.ms
        segment.bytes|int|w|1073741824|[1048576,...]|log.segment.bytes
        segment.index.bytes|int|w|10485760|[4,...]|log.index.size.max.bytes
        segment.jitter.ms|long|w|0|[0,...]|log.roll.jitter.ms
        segment.ms|long|w|604800000|[1,...]|log.roll.ms
        unclean.leader.election.enable|boolean|w|false||unclean.leader.election.enable
        """
}
