internal import CBench

/// A broker on a port of 127.0.0.1 that clients of this process load.
enum MeasuredBroker {
    /// Varve, with `durable` or `page-cache` as what an acknowledgement means.
    case varve(policy: String)
    /// The one in C that acknowledges and keeps nothing, writes, or flushes.
    case plain(Int)

    static let durable = MeasuredBroker.varve(policy: "durable")
    static let pageCache = MeasuredBroker.varve(policy: "page-cache")
    static let null = MeasuredBroker.plain(BENCH_BROKER_NULL)
    static let flushing = MeasuredBroker.plain(BENCH_BROKER_FLUSH)

    /// Starts it in a folder, with a topic to load, calls `body` and ends it.
    func serve(
        in folder: String, partitions: Int, on bench: Workbench, _ body: (UInt16) throws -> Void
    ) throws {
        switch self {
        case .varve(let policy):
            let broker = try ServedBroker(bench, in: folder, ["varve.flush.policy": policy])
            do {
                let crew = try ClientCrew(port: broker.port, count: 1)
                try crew.makeTopic(RequestFrames.topic, partitions: partitions)
                try body(broker.port)
            }
            try broker.end()
        case .plain(let mode):
            var port: UInt16 = 0
            let listener = unsafe bench_listen(&port)
            guard listener >= 0 else { throw LeafError(call: "listen", code: bench_errno()) }
            let prewritten = bench.options.isSmoke ? 1 << 20 : 64 << 20
            let server = try ServerThread {
                unsafe folder.withCString { folder in
                    _ = unsafe bench_broker_serve(listener, Int32(mode), folder, prewritten)
                }
            }
            do {
                // It ends with its last client; this one stays as long as others come and go.
                let holder = try ClientCrew(port: port, count: 1)
                try body(port)
                extendLifetime(holder)
            }
            try server.wait()
        }
    }
}
