import VarveBytes
import VarveTerms
public import VarveTransport

/// A client for tests: sends frames and collects the answers, a little in each turn.
public final class FrameClient {
    public let socket: any StreamSocket
    private let outgoing = OutgoingBytes()
    private var assembler = FrameAssembler(sizeMax: .mib(100))
    /// The answers that came, without their sizes.
    public private(set) var frames: [[UInt8]] = []
    /// The server sends no more.
    public private(set) var hasEnded = false
    /// The connection broke, or sent what is no frame.
    public private(set) var hasFailed = false
    /// Whether turns read; a slow reader does not.
    public var isReading = true

    public init(_ socket: any StreamSocket) { self.socket = socket }

    /// Sends the body with its size before it, in this and later turns.
    public func send(frame body: [UInt8]) {
        var bytes = ByteBuffer()
        bytes.append(Int32(body.count))
        bytes.append(body)
        outgoing.append(bytes.bytes.array())
    }

    /// Sends bytes as they are.
    public func send(raw bytes: [UInt8]) { outgoing.append(bytes) }

    /// Whether the network has taken all that was to be sent.
    public var isSent: Bool { outgoing.isEmpty }

    /// How many bytes the network has not taken yet.
    public var unsentSize: Int { outgoing.size }

    /// Whether `close` was called.
    public private(set) var isClosed = false

    /// Whether the connection is over, one way or the other.
    public var isOver: Bool { hasEnded || hasFailed || isClosed }

    /// Closes the connection; turns do nothing from then on.
    public func close() {
        isClosed = true
        socket.close()
    }

    /// Sends and reads once.
    public func turn() {
        guard !isClosed else { return }
        if !outgoing.isEmpty, !hasFailed {
            switch socket.write(outgoing) {
            case .bytes(let count): outgoing.didSend(count)
            case .notReady: break
            case .failed: hasFailed = true
            }
        }
        if isReading, !isOver { read() }
    }

    private func read() {
        var bytes = ByteBuffer()
        var outcome = ReadOutcome.notReady
        bytes.append(reserving: 64 << 10) { spare in
            outcome = socket.read(into: &spare)
            guard case .bytes(let count) = outcome else { return 0 }
            return count
        }
        switch outcome {
        case .bytes: take(bytes)
        case .end: hasEnded = true
        case .failed: hasFailed = true
        case .notReady: break
        }
    }

    private func take(_ bytes: borrowing ByteBuffer) {
        do throws(FrameRefusal) {
            try assembler.take(bytes.bytes) { frame in
                frames.append(frame.array())
                return .goOn
            }
        } catch {
            hasFailed = true
        }
    }
}

/// Bytes that a client has yet to send.
private final class OutgoingBytes: GatheredBytes {
    private var buffer = ByteBuffer()
    private var sentCount = 0

    var isEmpty: Bool { sentCount == buffer.count }
    var size: Int { buffer.count - sentCount }
    func append(_ more: [UInt8]) { buffer.append(more) }
    func didSend(_ count: Int) {
        sentCount += count
        guard isEmpty else { return }
        buffer.removeAll()
        sentCount = 0
    }

    func lendParts(_ body: (RawSpan) -> Void) { Self.lend(buffer, from: sentCount, body) }

    private static func lend(
        _ buffer: borrowing ByteBuffer, from start: Int, _ body: (RawSpan) -> Void
    ) {
        body(buffer.bytes.extracting(start..<buffer.count))
    }
}
