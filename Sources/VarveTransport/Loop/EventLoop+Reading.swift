internal import VarveBytes
public import VarveTerms

// From readiness to requests.
extension EventLoop {
    /// How long to wait before looking for memory again, which other loops give back untold.
    private static let memoryWait = Duration.milliseconds(10)
    /// How long a silent peer keeps others from reading without memory.
    private static let privilegeMax = Duration.seconds(1)

    var memoryRetry: Instant? {
        starved.isEmpty ? nil : now.advanced(by: Self.memoryWait)
    }

    /// Has the connection's requests from the next read on be no longer than `sizeMax`: shorter
    /// for peers that have yet to say who they are, longer again once they did.
    public func limitFrames(of id: ConnectionID, to sizeMax: ByteCount) {
        precondition(sizeMax.bytes <= Int(Int32.max), "frames of \(sizeMax) bytes")
        table[id]?.frameSizeMax = sizeMax
    }

    func read(_ connection: Connection) {
        touch(connection)
        if case .lingering = connection.phase { return discard(connection) }
        guard connection.wantedInterest(limits).contains(.reading) else { return }
        if ledger.memory.isFull, privileged != connection.id {
            guard privileged == nil, starved.isEmpty else { return starve(connection) }
            privileged = connection.id
        }
        let source: FrameSource = connection.assembler.heldSize == 0 ? .scratch : .held
        let outcome =
            switch source {
            case .scratch: readToScratch(connection)
            case .held: connection.assembler.read { connection.socket.read(into: &$0) }
            }
        switch outcome {
        case .bytes:
            connection.lastRead = now
            takeFrames(connection, from: source)
        case .end:
            connection.phase = .answering(.ended)
        case .notReady: break
        case .failed: close(connection, .failed)
        }
    }

    private func readToScratch(_ connection: Connection) -> ReadOutcome {
        var outcome = ReadOutcome.notReady
        let size = limits.readSize.bytes
        scratch.removeAll()
        scratch.append(reserving: size) { spare in
            var target = spare._mutatingExtracting(0..<size)
            outcome = connection.socket.read(into: &target)
            guard case .bytes(let count) = outcome else { return 0 }
            return count
        }
        return outcome
    }

    /// Where bytes stand that were just read, or wait since a pause.
    private enum FrameSource { case scratch, held }

    /// Hands over the whole frames of what was read.
    private func takeFrames(_ connection: Connection, from source: FrameSource) {
        let countBefore = tally.frameCount
        connection.assembler.sizeMax = connection.frameSizeMax
        do throws(FrameRefusal) {
            switch source {
            case .scratch:
                try connection.assembler.take(scratch.bytes) { deliver($0, of: connection) }
            case .held:
                try connection.assembler.takeHeld { deliver($0, of: connection) }
            }
        } catch {
            return close(connection, .refused(error))
        }
        let memorySize = connection.assembler.memorySize
        ledger.memory.charge(memorySize - connection.charged)
        connection.charged = memorySize
        // Whoever got a request through gives the next one a chance.
        if privileged == connection.id, tally.frameCount > countBefore || memorySize == 0 {
            privileged = nil
        }
    }

    private func deliver(_ frame: RawSpan, of connection: Connection) -> FrameFlow {
        tally.frameCount += 1
        let slot = AnswerSlot(connection: connection.id, number: connection.answers.open())
        service.received(frame, in: slot, on: self)
        guard connection.mayReceive(limits) else {
            connection.isPaused = true
            return .pause
        }
        return .goOn
    }

    /// Takes what a peer still sends to a connection that ends.
    private func discard(_ connection: Connection) {
        guard case .lingering(let reason, _) = connection.phase else { return }
        switch readToScratch(connection) {
        case .bytes, .notReady: break
        case .end, .failed: close(connection, reason)
        }
    }

    private func starve(_ connection: Connection) {
        tally.starvedCount += 1
        connection.isStarved = true
        starved.append(connection)
    }

    /// Goes on with connections that had to wait for their turn or for memory.
    func resumeReading() {
        let waiting = resumable
        resumable.removeAll(keepingCapacity: true)
        for connection in waiting where connection.phase == .open {
            connection.isPaused = false
            takeFrames(connection, from: .held)
            touch(connection)
        }
        feedStarved()
    }

    private func feedStarved() {
        guard !starved.isEmpty else { return }
        starved.removeAll { $0.phase == .closed }
        guard ledger.memory.isFull else {
            for connection in starved { feed(connection) }
            return starved.removeAll(keepingCapacity: true)
        }
        if let silent = privileged.flatMap({ table[$0] }),
            now.duration(since: silent.lastRead) >= Self.privilegeMax
        {
            privileged = nil
        }
        guard privileged == nil, !starved.isEmpty else { return }
        let first = starved.removeFirst()
        privileged = first.id
        feed(first)
    }

    /// The poller tells of it again, because its bytes are still there.
    private func feed(_ connection: Connection) {
        connection.isStarved = false
        // Waiting was not the peer's fault.
        connection.lastRead = now
        touch(connection)
    }
}
