internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// Who takes the records of an input.
protocol RecordSink: AnyObject {
    /// The time that records are given.
    func wallClock() -> Timestamp
    func add(key: RawSpan?, value: RawSpan?, timestamp: Timestamp) throws(CommandError)
    /// Everything added so far is acknowledged on return.
    func settle() throws(CommandError)
}

extension RecordSink {
    /// While the input pauses: records do not wait for more than `pause`.
    func linger(for stream: LinuxStream, _ pause: Duration) throws(CommandError) {
        if !stream.isReadable(within: pause) { try settle() }
    }
}

/// Takes input apart, piece by piece, and hands its records on.
struct AppendInput<Sink: RecordSink>: ~Copyable {
    private let sources: AppendSources
    private var splitter: RecordSplitter
    private let session: Sink
    private let linger: Duration
    private let console: Console
    private let progress: Progress
    /// What was read and not taken yet.
    private var unread = ByteBuffer(capacity: 2 * AppendInput.pieceSize)
    private var spare = ByteBuffer(capacity: AppendInput.pieceSize)
    private var doneSize = 0

    /// How much is read at a time.
    private static var pieceSize: Int { 256 << 10 }

    init(
        sources: AppendSources, splitter: RecordSplitter, session: Sink,
        linger: Duration, console: Console, progress: Progress
    ) {
        self.sources = sources
        self.splitter = splitter
        self.session = session
        self.linger = linger
        self.console = console
        self.progress = progress
    }

    /// Appends all there is, and sees to it that all of it is acknowledged.
    mutating func run() throws(CommandError) {
        for stream in sources.streams { try take(stream) }
        try session.settle()
    }

    private mutating func take(_ stream: LinuxStream) throws(CommandError) {
        var number = 1
        while true {
            switch try fill(from: stream) {
            case .stopped: try console.checkStop()
            case .end:
                try takeRecords(isEnd: true, stream.name, &number)
                guard unread.isEmpty else {
                    throw .refused("\(place(stream.name, number)): the input ends within a record")
                }
                return
            case .bytes(let size):
                doneSize += size
                try takeRecords(isEnd: false, stream.name, &number)
                progress.advance(to: doneSize)
                try console.checkStop()
                try session.linger(for: stream, linger)
            }
        }
    }

    private mutating func fill(
        from stream: LinuxStream
    ) throws(CommandError) -> LinuxStream.ReadOutcome {
        var outcome = LinuxStream.ReadOutcome.end
        try files { () throws(FileError) in
            try unread.append(reserving: Self.pieceSize) { space throws(FileError) in
                outcome = try stream.read(into: &space)
                guard case .bytes(let size) = outcome else { return 0 }
                return size
            }
        }
        return outcome
    }

    /// Hands on the whole records of `unread` and keeps what is left.
    private mutating func takeRecords(
        isEnd: Bool, _ name: String, _ number: inout Int
    ) throws(CommandError) {
        // The bytes are lent while the splitter changes, so they move out of `self`. When this
        // throws the input is given up, and what was unread with it.
        var current = ByteBuffer(capacity: 0)
        swap(&current, &unread)
        let taken = try takeRecords(of: current.bytes, isEnd: isEnd, name, &number)
        if taken > 0 {
            spare.removeAll()
            spare.append(current.bytes.extracting(taken..<current.count))
            swap(&current, &spare)
        }
        swap(&current, &unread)
    }

    /// - Returns: where the first record starts that is not whole.
    private mutating func takeRecords(
        of bytes: RawSpan, isEnd: Bool, _ name: String, _ number: inout Int
    ) throws(CommandError) -> Int {
        let now = session.wallClock()
        var start = 0
        while true {
            switch splitter.next(in: bytes, at: start, isEnd: isEnd) {
            case .needsMore: return start
            case .refused(let reason): throw .refused("\(place(name, number)): \(reason)")
            case .record(let found):
                try session.add(
                    key: Self.part(of: bytes, found.key),
                    value: Self.part(of: bytes, found.value), timestamp: now)
                start = found.end
                number += 1
            }
        }
    }

    @_lifetime(copy bytes)
    private static func part(of bytes: RawSpan, _ range: Range<Int>?) -> RawSpan? {
        guard let range else { return nil }
        return bytes.extracting(range)
    }

    private func place(_ name: String, _ number: Int) -> String {
        "\(name), \(splitter.format == .lines ? "line" : "record") \(number)"
    }
}
