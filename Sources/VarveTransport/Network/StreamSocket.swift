public import VarveSystem
public import VarveTerms

/// What a read of a socket gave.
public enum ReadOutcome: Hashable, Sendable {
    /// This many bytes, at least one.
    case bytes(Int)
    /// The peer sends no more. It may still read.
    case end
    case notReady
    case failed(SystemError)
}

/// What a write to a socket gave.
public enum WriteOutcome: Hashable, Sendable {
    /// This many bytes were taken, at least one; the rest has to wait.
    case bytes(Int)
    case notReady
    /// The peer is gone, or the bytes cannot be read: the connection is of no more use.
    case failed(SystemError)
}

/// A connection, which never waits.
///
/// *Threads*: one event loop at a time.
public protocol StreamSocket: AnyObject, Sendable {
    /// Who is at the other end.
    var peer: SocketAddress { get }
    /// Which address the peer reached.
    var local: SocketAddress { get }
    /// How long bytes take to the peer and back, as the system has seen; nil when it has not.
    var roundTrip: Duration? { get }

    /// Reads into `buffer` from its start.
    func read(into buffer: inout MutableRawSpan) -> ReadOutcome
    /// Writes the parts one after the other, as many bytes as there is room for.
    func write(_ parts: any GatheredBytes) -> WriteOutcome
    /// Sends bytes of a file without taking them through this process.
    func send(_ range: FileRange) -> WriteOutcome
    /// Tells the peer that nothing more comes; reading goes on.
    func finishWriting()
    /// Closing twice does nothing.
    func close()
}

extension StreamSocket {
    public var roundTrip: Duration? { nil }
}

/// Bytes in several places, to be written by one call.
public protocol GatheredBytes: AnyObject {
    /// Lends each part in order. The parts stay where they are, unchanged, as long as the receiver
    /// of this call is not told of bytes sent.
    func lendParts(_ body: (RawSpan) -> Void)
}

/// Bytes of an open file.
public struct FileRange: Sendable {
    public var file: FileID
    public var start: FilePosition
    public var size: ByteCount
    /// Keeps the file open, and its bytes in place, until they are sent.
    public var owner: any Sendable

    public init(file: FileID, start: FilePosition, size: ByteCount, owner: any Sendable) {
        self.file = file
        self.start = start
        self.size = size
        self.owner = owner
    }

    /// What is left when `count` bytes were sent.
    func dropping(_ count: Int) -> FileRange {
        FileRange(
            file: file, start: start.advanced(by: count), size: ByteCount(size.bytes - count),
            owner: owner)
    }
}
