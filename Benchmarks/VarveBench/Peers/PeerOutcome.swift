internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// What a harness told of one run: a line for each fact, and a file of latencies.
struct PeerOutcome: Hashable {
    /// The store's name and version.
    var program: String
    /// What was done, in the benchmark's unit.
    var work: Int
    /// Nanoseconds of the clock, and of processor time in all of the store's processes.
    var elapsed: Int64
    var processorTime: Int64
    /// Of what was read back and compared.
    var digest: UInt64
    /// How many times fdatasync(2) or fsync(2) was called meanwhile.
    var flushCount: Int
    var latencyCount: Int

    /// Reads lines such as `elapsed 4711`; lines of other names are passed over.
    init(parsing text: String) throws(PeerError) {
        var facts: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let blank = line.firstIndex(of: " ") else { continue }
            facts[line[..<blank]] = line[line.index(after: blank)...]
        }
        guard let program = facts["program"], !program.isEmpty else {
            throw .unreadable(fact: "program")
        }
        self.program = String(program)
        func number<Value: FixedWidthInteger>(_ name: Substring) throws(PeerError) -> Value {
            guard let text = facts[name], let number = Value(text), number >= 0 else {
                throw .unreadable(fact: String(name))
            }
            return number
        }
        work = try number("work")
        elapsed = try number("elapsed")
        processorTime = try number("processor")
        digest = try number("digest")
        flushCount = try number("flushes")
        latencyCount = try number("latencies")
    }

    /// Latencies as the harness left them: nanoseconds, eight bytes each.
    static func latencies(
        _ count: Int, in folder: String, _ fileSystem: LinuxFileSystem
    ) throws -> LatencyHistogram {
        var latencies = LatencyHistogram()
        guard count > 0 else { return latencies }
        let file = try OpenFile("\(folder)/latencies", .read, in: fileSystem)
        let size = try file.size().bytes
        guard size % 8 == 0, size / 8 == count else {
            throw PeerError.unreadable(fact: "latencies")
        }
        let copy = try file.copyBytes(at: .zero, count: size)
        let bytes = copy.bytes(in: 0..<copy.count)
        guard bytes.byteCount == size else { throw PeerError.unreadable(fact: "latencies") }
        for place in stride(from: 0, to: size, by: 8) {
            latencies.add(unsafe bytes.unsafeLoad(fromByteOffset: place, as: Int64.self))
        }
        return latencies
    }
}

/// Why another store has no figure.
enum PeerError: Error, CustomStringConvertible {
    /// Its harness is not there.
    case absent(path: String)
    /// Its harness found that something was wrong, and said so on standard error.
    case failed(peer: Peer, ending: LinuxChild.Ending)
    /// Its harness told something else than it should.
    case unreadable(fact: String)

    var description: String {
        switch self {
        case .absent(let path): "there is no \(path)"
        case .failed(let peer, let ending): "the harness of \(peer.rawValue) ended: \(ending)"
        case .unreadable(let fact): "the harness told no lawful '\(fact)'"
        }
    }
}
