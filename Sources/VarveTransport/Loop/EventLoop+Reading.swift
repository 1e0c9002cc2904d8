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

    /// Whether nothing more is to be read but by one connection at a time. Answers get there when
    /// more connections than the budget has room for hold one each.
    private var isShortOfMemory: Bool { ledger.memory.isFull || ledger.answers.isOverrun }

    /// Bytes read in one turn beyond one read of each connection, so that others get their turn.
    static let readOnSizeMax = 4 << 20

    /// Reads what has come, and goes on while reads are full: requests that wait in the kernel
    /// share the end of this turn, and its flush, with those before them.
    func readOn(_ connection: Connection) {
        while true {
            let size = read(connection)
            // Who waits for memory has to have something to read when it gets some.
            guard size > 0, readOnSize > 0, !isShortOfMemory else { return }
            readOnSize -= size
        }
    }

    /// Reads once.
    /// - Returns: how many bytes came where all were taken that were asked for, so that there may
    ///   be more; else zero.
    private func read(_ connection: Connection) -> Int {
        touch(connection)
        if case .lingering = connection.phase {
            discard(connection)
            return 0
        }
        guard connection.wantedInterest(limits, ledger.answers).contains(.reading) else { return 0 }
        if isShortOfMemory, privileged != connection.id {
            guard privileged == nil, starved.isEmpty else {
                starve(connection)
                return 0
            }
            privileged = connection.id
        }
        let source: FrameSource = connection.assembler.heldSize == 0 ? .scratch : .held
        var wanted = limits.readSize.bytes
        let outcome =
            switch source {
            case .scratch: readToScratch(connection)
            case .held:
                connection.assembler.read { target in
                    wanted = target.byteCount
                    return connection.socket.read(into: &target)
                }
            }
        switch outcome {
        case .bytes(let count):
            connection.lastRead = now
            takeFrames(connection, from: source)
            return count == wanted ? count : 0
        case .end: connection.phase = .answering(.ended)
        case .notReady: break
        case .failed: close(connection, .failed)
        }
        return 0
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
        guard privileged == connection.id else { return }
        // Whoever got a request through gives the next one a chance, but for memory of answers:
        // that is there again when they are sent.
        if tally.frameCount > countBefore { hasUsedPrivilege = true }
        if !ledger.answers.isOverrun, hasUsedPrivilege || memorySize == 0 { privileged = nil }
    }

    /// Takes the privilege from a connection that used it and has all its answers.
    func passPrivilege(of connection: Connection) {
        guard privileged == connection.id, hasUsedPrivilege, connection.answers.isEmpty,
            connection.heldForAnswers == 0
        else { return }
        privileged = nil
    }

    private func deliver(_ frame: RawSpan, of connection: Connection) -> FrameFlow {
        tally.frameCount += 1
        let slot = AnswerSlot(connection: connection.id, number: connection.answers.open())
        service.received(frame, in: slot, on: self)
        guard connection.mayReceive(limits, ledger.answers) else {
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
        guard isShortOfMemory else {
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
