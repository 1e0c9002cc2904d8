internal import CBench

/// Many clients of one broker, each with a connection of its own, driven by one thread.
///
/// *Invariant*: each has at most one request under way.
@safe
final class ClientCrew {
    /// How long an answer may take, in nanoseconds: what takes longer has failed.
    static let patience: Int64 = 60_000_000_000

    private let crew: OpaquePointer

    init(port: UInt16, count: Int) throws {
        guard let crew = unsafe bench_crew_open(port, Int32(count)) else {
            throw LeafError(call: "connect", code: bench_errno())
        }
        unsafe self.crew = crew
    }

    deinit { unsafe bench_crew_close(crew) }

    /// Sends a request, its size before it.
    func send(_ frame: [UInt8], by member: Int) throws {
        let outcome = unsafe frame.withUnsafeBytes {
            unsafe bench_crew_send(crew, Int32(member), $0.baseAddress, $0.count)
        }
        guard outcome == 0 else { throw LeafError(call: "send", code: bench_errno()) }
    }

    /// The next answer; nil when there is none by `deadline`, on the stopwatch.
    func next(until deadline: Int64) throws -> (member: Int, frame: [UInt8])? {
        var frame: UnsafeRawPointer?
        var size = 0
        let member = unsafe bench_crew_next(crew, deadline, &frame, &size)
        guard member >= 0 else {
            let code = bench_errno()
            // ETIME
            guard code == 62 else { throw LeafError(call: "recv", code: code) }
            return nil
        }
        return (Int(member), unsafe Array(UnsafeRawBufferPointer(start: frame, count: size)))
    }

    /// Sends a request and waits for its answer.
    func ask(_ frame: [UInt8], by member: Int = 0) throws -> [UInt8] {
        try send(frame, by: member)
        guard let answer = try next(until: Stopwatch.now() + Self.patience) else {
            throw CrewError.silence
        }
        return answer.frame
    }
}

/// What one client of a crew does over and over.
protocol CrewMember {
    /// The first request of an operation.
    mutating func begin() throws -> [UInt8]
    /// Takes an answer.
    /// - Returns: the next request of the operation; nil when it is over.
    mutating func goOn(with answer: [UInt8]) throws -> [UInt8]?
}

extension ClientCrew {
    /// Has each member do an operation, and the next as soon as it is done, so many times.
    /// - Returns: how long each operation took.
    func run(
        _ members: inout [some CrewMember], operationsEach: Int
    ) throws -> LatencyHistogram {
        var latencies = LatencyHistogram()
        var left = [Int](repeating: operationsEach, count: members.count)
        var starts = [Int64](repeating: 0, count: members.count)
        var busy = members.count
        for member in members.indices {
            starts[member] = Stopwatch.now()
            try send(try members[member].begin(), by: member)
        }
        while busy > 0 {
            let now = Stopwatch.now()
            guard let (member, answer) = try next(until: now + Self.patience) else {
                throw CrewError.silence
            }
            if let request = try members[member].goOn(with: answer) {
                try send(request, by: member)
                continue
            }
            let end = Stopwatch.now()
            latencies.add(end - starts[member])
            left[member] -= 1
            guard left[member] > 0 else {
                busy -= 1
                continue
            }
            starts[member] = end
            try send(try members[member].begin(), by: member)
        }
        return latencies
    }
}

/// Why a client of a broker could not go on.
enum CrewError: Error, CustomStringConvertible {
    /// No answer came.
    case silence
    case refused(request: String, code: String)

    var description: String {
        switch self {
        case .silence: "the broker does not answer"
        case .refused(let request, let code): "\(request) was refused: \(code)"
        }
    }
}
