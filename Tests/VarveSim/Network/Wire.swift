import VarveTransport

/// Who holds an end of a wire.
enum WireSide: Int { case client, server }

/// One end of one wire.
struct WireEnd: Hashable {
    var wire: Int
    var side: WireSide

    var opposite: WireEnd { WireEnd(wire: wire, side: side == .client ? .server : .client) }
}

/// A connection between two ends: a pipe each way.
struct Wire {
    /// One direction.
    private struct Pipe {
        var bytes: [UInt8] = []
        /// Bytes at the start that were read.
        var readCount = 0
        /// Nothing more will be written.
        var isFinished = false
        /// The end that writes here is closed.
        var isClosed = false

        var count: Int { bytes.count - readCount }
    }

    let client: SocketAddress
    let server: SocketAddress
    /// By the side that writes.
    private var pipes = [Pipe(), Pipe()]
    private(set) var isReset = false

    init(client: SocketAddress, server: SocketAddress) {
        self.client = client
        self.server = server
    }

    /// Bytes on their way from `side`.
    func count(from side: WireSide) -> Int { pipes[side.rawValue].count }
    func isFinished(from side: WireSide) -> Bool { pipes[side.rawValue].isFinished }

    /// Takes bytes that `side` sent.
    mutating func take(_ count: Int, from side: WireSide) -> [UInt8] {
        let start = pipes[side.rawValue].readCount
        let taken = Array(pipes[side.rawValue].bytes[start..<start + count])
        pipes[side.rawValue].readCount += count
        // What was read goes once it is half of all.
        let readCount = pipes[side.rawValue].readCount
        if readCount >= pipes[side.rawValue].bytes.count / 2 {
            pipes[side.rawValue].bytes.removeFirst(readCount)
            pipes[side.rawValue].readCount = 0
        }
        return taken
    }

    mutating func put(_ bytes: ArraySlice<UInt8>, from side: WireSide) {
        pipes[side.rawValue].bytes += bytes
    }

    mutating func finish(_ side: WireSide) { pipes[side.rawValue].isFinished = true }

    /// Whether a write finds that nobody will read it.
    func refusesWriting(by end: WireEnd) -> Bool {
        isReset || pipes[end.opposite.side.rawValue].isClosed || isFinished(from: end.side)
    }

    /// Breaks both directions; what was on its way is lost.
    mutating func reset() {
        isReset = true
        for place in pipes.indices {
            pipes[place].bytes = []
            pipes[place].readCount = 0
        }
    }

    /// Closes an end. Bytes that it has not read turn the close into a reset.
    mutating func close(_ end: WireEnd) {
        guard !pipes[end.side.rawValue].isClosed else { return }
        if count(from: end.opposite.side) > 0 { reset() }
        pipes[end.side.rawValue].isClosed = true
        pipes[end.side.rawValue].isFinished = true
    }

    /// What `end` is ready for.
    func readiness(of end: WireEnd, pipeSize: Int) -> Readiness {
        let far = end.opposite.side
        var readiness: Readiness = []
        if isReset { readiness.insert(.failed) }
        if count(from: far) > 0 || isFinished(from: far) { readiness.insert(.reading) }
        if count(from: end.side) < pipeSize || pipes[far.rawValue].isClosed {
            readiness.insert(.writing)
        }
        if isFinished(from: end.side), isFinished(from: far) { readiness.insert(.failed) }
        return readiness
    }
}
