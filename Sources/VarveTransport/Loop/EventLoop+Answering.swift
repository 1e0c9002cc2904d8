internal import VarveBytes
internal import VarveTerms

// From answers to the socket.
extension EventLoop {
    /// Bytes written to one connection in one turn, so that others get theirs.
    private static let writeSizeMax = 4 << 20

    /// Answers a request. What can leave, in the order of the requests, leaves at the end of the
    /// turn. Answers to a connection that is gone are dropped.
    /// - Precondition: the request was not answered before.
    public func answer(_ slot: AnswerSlot, _ answer: Answer) {
        guard let connection = answerable(slot) else { return }
        connection.answers.complete(slot.number, with: answer)
        queueAnswers(of: connection)
        charge(connection)
        touch(connection)
    }

    /// Answers a request with a copy of `bytes`: a frame without its size, which the caller may
    /// write over at once. A short answer that is the next to leave, as most are, takes no memory
    /// of its own this way.
    /// - Precondition: as `answer`.
    public func answer(
        _ slot: AnswerSlot, copying bytes: RawSpan, then afterwards: Answer.Afterwards = .keepOpen
    ) {
        guard let connection = answerable(slot) else { return }
        guard bytes.byteCount <= OutputQueue.copySizeMax, connection.answers.leave(slot.number)
        else {
            var copy = ByteBuffer(capacity: bytes.byteCount)
            copy.append(bytes)
            return answer(slot, Answer(copy, then: afterwards))
        }
        if connection.output.isEmpty { connection.lastWrite = now }
        connection.output.append(copying: bytes)
        if afterwards == .close {
            connection.phase = .finishing
        } else {
            queueAnswers(of: connection)
        }
        charge(connection)
        touch(connection)
    }

    /// The connection that waits for this answer; nil when it is gone.
    private func answerable(_ slot: AnswerSlot) -> Connection? {
        guard let connection = table[slot.connection] else { return nil }
        switch connection.phase {
        case .open, .answering: return connection
        case .finishing, .lingering, .doomed, .closed: return nil
        }
    }

    private func queueAnswers(of connection: Connection) {
        while let answer = connection.answers.next() {
            if connection.output.isEmpty { connection.lastWrite = now }
            connection.output.append(answer)
            if answer.afterwards == .close {
                connection.phase = .finishing
                return
            }
        }
    }

    /// Has the ledger know what the connection's answers hold now.
    private func charge(_ connection: Connection) {
        let held = connection.heldForAnswers
        ledger.answers.charge(held - connection.chargedForAnswers)
        connection.chargedForAnswers = held
    }

    /// Writes and closes what this turn left to write and close, and tells the poller what to wait
    /// for.
    func settle() {
        var place = 0
        // Closing calls the service, which may answer others: the list can grow meanwhile.
        while place < touched.count {
            let connection = touched[place]
            place += 1
            connection.isTouched = false
            settle(connection)
        }
        touched.removeAll(keepingCapacity: true)
    }

    private func settle(_ connection: Connection) {
        guard connection.phase != .closed else { return }
        guard connection.phase != .doomed else { return close(connection, .asked) }
        write(connection)
        if connection.isDone { finish(connection) }
        guard connection.phase != .closed else { return }
        charge(connection)
        passPrivilege(of: connection)
        if connection.isPaused, connection.mayReceive(limits, ledger.answers) {
            resumable.append(connection)
        }
        let wanted = connection.wantedInterest(limits, ledger.answers)
        if wanted != connection.interest {
            connection.interest = wanted
            poller.change(connection.socket, token: connection.id.token, to: wanted)
        }
        planSweep(connection)
    }

    private func write(_ connection: Connection) {
        let output = connection.output
        var written = 0
        while written < Self.writeSizeMax, let step = output.next {
            let outcome =
                switch step {
                case .gather: connection.socket.write(output)
                case .send(let range): connection.socket.send(range)
                }
            switch outcome {
            case .bytes(let count):
                connection.lastWrite = now
                output.didSend(count)
                written += count
            case .notReady: return
            case .failed: return close(connection, .failed)
            }
        }
    }
}
