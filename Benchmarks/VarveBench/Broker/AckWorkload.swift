internal import CBench
internal import VarveTerms

/// Produce requests of one record of 1 KiB each, whose acknowledgements are timed.
struct AckWorkload {
    /// When the next request goes out.
    enum Pace: Sendable {
        /// So many a second, whatever becomes of those before; latency from when each was due.
        case rate(Int)
        /// From so many connections, each after the answer to its last.
        case inTurn(Int)
    }

    private let bench: Workbench
    private let pace: Pace
    private let frames: RequestFrames
    private let requestCount: Int

    init(_ bench: Workbench, _ pace: Pace) throws {
        self.bench = bench
        self.pace = pace
        frames = try RequestFrames.produce(.single, count: 16, seed: bench.options.seed)
        requestCount =
            switch pace {
            case .rate(let rate): bench.scaled(rate * 2, smoke: 20)
            case .inTurn(let connections):
                bench.scaled(connections == 1 ? 4000 : 20_000, smoke: 2 * connections)
            }
    }

    func pair(_ subject: MeasuredBroker, per reference: MeasuredBroker) -> Pair {
        Pair(
            subject: { try produce(to: subject, &$0) },
            reference: { try produce(to: reference, &$0) },
            freshPages: .mib(64))
    }

    private func produce(to broker: MeasuredBroker, _ round: inout Round) throws {
        try broker.serve(in: round.folder, partitions: 1, on: bench) { port in
            var acked: UInt64 = 0
            try unsafe frames.lend { unsafe bench_produce(port, $0, 1, 1, &acked) }
            var noted = [Int64](repeating: 0, count: requestCount)
            try round.time(work: requestCount) { latencies in
                try unsafe noted.withUnsafeMutableBufferPointer { noted in
                    try unsafe frames.lend { frames in
                        switch pace {
                        case .rate(let rate):
                            unsafe bench_produce_paced(
                                port, frames, Int64(requestCount), 1_000_000_000 / Int64(rate),
                                noted.baseAddress)
                        case .inTurn(let connections):
                            unsafe bench_produce_in_turn(
                                port, frames, Int32(connections), Int64(requestCount),
                                noted.baseAddress)
                        }
                    }
                }
                for latency in noted { latencies.add(latency) }
                return UInt64(noted.count)
            }
        }
    }
}
