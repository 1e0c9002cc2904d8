internal import CVarve
internal import Glibc
internal import Synchronization
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// A connected, or connecting, TCP socket.
final class TCPSocket: StreamSocket {
    /// Parts that one call takes; the queue of answers lends no more.
    private static let partCountMax = 64

    let descriptor: Int32
    let peer: SocketAddress
    let local: SocketAddress
    private let isOpen = Atomic(true)

    init(_ descriptor: Int32, peer: SocketAddress, local: SocketAddress) {
        self.descriptor = descriptor
        self.peer = peer
        self.local = local
    }

    deinit { close() }

    func close() {
        guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
        // What is lost by an error here was lost before; never retried (close(2)).
        _ = Glibc.close(descriptor)
    }

    var roundTrip: Duration? {
        let microseconds = varve_round_trip(descriptor)
        return microseconds > 0 ? .microseconds(microseconds) : nil
    }

    func finishWriting() {
        // A peer that is gone is found out by the next read.
        _ = Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    func read(into buffer: inout MutableRawSpan) -> ReadOutcome {
        let (count, code) = unsafe buffer.withUnsafeMutableBytes { target in
            repeating { unsafe recv(descriptor, target.baseAddress, target.count, 0) }
        }
        guard count == -1 else { return count == 0 ? .end : .bytes(count) }
        // A socket that still connects has nobody yet (ENOTCONN).
        if code == EAGAIN || code == ENOTCONN { return .notReady }
        return .failed(failure(code))
    }

    func write(_ parts: any GatheredBytes) -> WriteOutcome {
        let (count, code) = unsafe withUnsafeTemporaryAllocation(
            of: iovec.self, capacity: Self.partCountMax
        ) { vectors in
            var used = 0
            // The parts stay in place until the queue is told of bytes sent, so their addresses
            // may leave the calls that lend them.
            parts.lendParts { part in
                guard used < Self.partCountMax else { return }
                unsafe part.withUnsafeBytes { bytes in
                    unsafe vectors.initializeElement(
                        at: used,
                        to: iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                            iov_len: bytes.count))
                }
                used += 1
            }
            return repeating {
                unsafe varve_send(descriptor, vectors.baseAddress, Int32(used))
            }
        }
        return outcome(count, code)
    }

    func send(_ range: FileRange) -> WriteOutcome {
        let (count, code) = repeating {
            varve_send_file(
                descriptor, range.file.rawValue, off_t(range.start.bytes), range.size.bytes)
        }
        // The file ends before the range: what the frame's size promised cannot be sent.
        if count == 0 { return .failed(.inputOutput) }
        return outcome(count, code)
    }

    private func outcome(_ count: Int, _ code: Int32) -> WriteOutcome {
        guard count == -1 else { return .bytes(count) }
        if code == EAGAIN || code == ENOTCONN { return .notReady }
        return .failed(failure(code))
    }

    /// EFAULT is no mistake of this program here: the kernel says so when it cannot read mapped
    /// bytes, because the disk failed under them.
    private func failure(_ code: Int32) -> SystemError {
        let error = SystemError(code: code)
        precondition(code != EBADF && code != ENOTSOCK, "socket of \(peer): \(error)")
        return error
    }
}

/// Runs a system call, again as long as a signal interrupts it.
/// - Returns: what it returned, and errno when that is −1.
func repeating<Value: SignedInteger>(_ call: () -> Value) -> (outcome: Value, code: Int32) {
    while true {
        let outcome = call()
        // errno is read before anything else can run that might set it.
        let code = errno
        if outcome != -1 { return (outcome, 0) }
        if code != EINTR { return (outcome, code) }
    }
}
