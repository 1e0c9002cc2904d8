/// Another store that is measured beside Varve, by a harness of its own.
public enum Peer: String, Hashable, Sendable, CaseIterable {
    case rocksdb, leveldb, sqlite, lmdb, redis, nats

    /// Those that run in the process of whoever uses them.
    static let embedded: [Peer] = [.rocksdb, .leveldb, .sqlite, .lmdb]
}
