import Synchronization
import VarveBytes
import VarveSystem
import VarveTerms
public import VarveTransport

/// One end of a connection in memory.
public final class MemorySocket: StreamSocket {
    private let network: MemoryNetwork
    let end: WireEnd
    public let peer: SocketAddress
    public let local: SocketAddress

    init(_ network: MemoryNetwork, _ end: WireEnd) {
        self.network = network
        self.end = end
        let (client, server) = network.state.withLock { state in
            (state.wires[end.wire].client, state.wires[end.wire].server)
        }
        (local, peer) = end.side == .client ? (client, server) : (server, client)
    }

    deinit { close() }

    private enum Taken {
        case bytes([UInt8])
        case outcome(ReadOutcome)
    }

    public func read(into buffer: inout MutableRawSpan) -> ReadOutcome {
        let size = buffer.byteCount
        let taken: Taken = network.state.withLock { state in
            guard !state.wires[end.wire].isReset else {
                return .outcome(.failed(SystemError(code: 104)))
            }
            let available = state.wires[end.wire].count(from: end.opposite.side)
            guard available > 0 else {
                let isFinished = state.wires[end.wire].isFinished(from: end.opposite.side)
                return .outcome(isFinished ? .end : .notReady)
            }
            // A system may tell of readiness too early.
            guard !state.chance(of: 16) else { return .outcome(.notReady) }
            let count = state.portion(of: min(size, available))
            return .bytes(state.wires[end.wire].take(count, from: end.opposite.side))
        }
        switch taken {
        case .outcome(let outcome): return outcome
        case .bytes(let bytes):
            unsafe buffer.withUnsafeMutableBytes { unsafe $0.copyBytes(from: bytes) }
            return .bytes(bytes.count)
        }
    }

    public func write(_ parts: any GatheredBytes) -> WriteOutcome {
        var offered: [UInt8] = []
        parts.lendParts { part in
            guard offered.count < network.options.pipeSize else { return }
            let room = network.options.pipeSize - offered.count
            offered += part.extracting(first: min(room, part.byteCount)).array()
        }
        return write(offered)
    }

    public func send(_ range: FileRange) -> WriteOutcome {
        guard let files = network.files else { return .failed(.unsupported) }
        let size = min(range.size.bytes, network.options.pipeSize)
        let copied: MappedBytes
        do throws(FileError) {
            copied = try MappedBytes.copying(size: size) { target throws(FileError) in
                try files.read(range.file, into: &target, at: range.start)
            }
        } catch {
            return .failed(error.error)
        }
        guard copied.count > 0 else { return .failed(.inputOutput) }
        return write(copied.bytes(in: 0..<copied.count).array())
    }

    private func write(_ offered: [UInt8]) -> WriteOutcome {
        network.state.withLock { state in
            guard !state.wires[end.wire].refusesWriting(by: end) else {
                return .failed(SystemError(code: 32))
            }
            let room = network.options.pipeSize - state.wires[end.wire].count(from: end.side)
            guard room > 0, !state.chance(of: 16) else { return .notReady }
            let count = state.portion(of: min(room, offered.count))
            state.wires[end.wire].put(offered[..<count], from: end.side)
            return .bytes(count)
        }
    }

    public func finishWriting() {
        network.state.withLock { $0.wires[end.wire].finish(end.side) }
    }

    public func close() { network.state.withLock { $0.wires[end.wire].close(end) } }

    /// Breaks the connection, as a crash of the machine at the other end does once it is back.
    public func reset() { network.state.withLock { $0.wires[end.wire].reset() } }
}

/// Where connections in memory arrive.
final class MemoryListener: Listener {
    private let network: MemoryNetwork
    let address: SocketAddress

    init(_ network: MemoryNetwork, _ address: SocketAddress) {
        self.network = network
        self.address = address
    }

    var isReady: Bool {
        network.state.withLock { !($0.listeners[address.port] ?? []).isEmpty }
    }

    func accept() -> AcceptOutcome {
        let (end, failure): (WireEnd?, SystemError?) = network.state.withLock { state in
            guard state.listeners[address.port]?.isEmpty == false else { return (nil, nil) }
            guard state.acceptFailures.isEmpty else {
                return (nil, state.acceptFailures.removeFirst())
            }
            return (state.listeners[address.port]?.removeFirst(), nil)
        }
        if let failure { return .exhausted(failure) }
        guard let end else { return .notReady }
        return .accepted(MemorySocket(network, end))
    }

    /// Who waits to be accepted is reset, as the kernel does.
    func close() {
        network.state.withLock { state in
            for end in state.listeners[address.port] ?? [] { state.wires[end.wire].reset() }
            state.listeners[address.port] = nil
        }
    }
}
