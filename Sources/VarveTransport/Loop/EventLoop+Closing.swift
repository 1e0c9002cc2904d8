public import VarveTerms

// The end of connections, and of the loop.
extension EventLoop {
    /// How long a peer has to take what was sent last.
    private static let lingerMax = Duration.seconds(2)
    /// Connections are looked at for expiry no more often than this, all in one go.
    private static let sweepPause = Duration.milliseconds(250)

    /// Closes a connection at the end of this turn, whatever waits to be sent.
    public func close(_ id: ConnectionID) {
        guard let connection = table[id], connection.phase != .closed else { return }
        connection.phase = .doomed
        touch(connection)
    }

    /// Accepts nothing more, answers what is in flight, closes each connection that owes nothing,
    /// and ends the loop. What is still there at `deadline` is closed then.
    public func drain(until deadline: Instant) {
        guard drainDeadline == nil else { return }
        drainDeadline = deadline
        isAccepting = false
        acceptRetry = nil
        for listener in listeners {
            poller.remove(listener)
            listener.close()
        }
        listeners = []
        for connection in table.all where connection.phase == .open {
            connection.phase = .answering(.drained)
            touch(connection)
        }
    }

    func endWhenDrained() {
        guard let deadline = drainDeadline else { return }
        if now >= deadline {
            for connection in table.all { close(connection, .drained) }
        }
        guard table.isEmpty else { return }
        hasEnded = true
        // Connections that were dealt to this loop too late are closed here.
        for work in mailbox.close() { work(self) }
    }

    /// Ends a connection that has everything. A peer that sends on is listened to a while, so that
    /// it sees the answers before the end.
    func finish(_ connection: Connection) {
        let reason: ClosingReason =
            if case .answering(let reason) = connection.phase { reason } else { .asked }
        guard reason != .ended else { return close(connection, .ended) }
        connection.socket.finishWriting()
        connection.phase = .lingering(reason, until: now.advanced(by: Self.lingerMax))
    }

    func close(_ connection: Connection, _ reason: ClosingReason) {
        guard connection.phase != .closed else { return }
        connection.phase = .closed
        poller.remove(connection.socket)
        connection.socket.close()
        table.remove(connection.id)
        ledger.leave(connection.socket.peer.ip)
        ledger.memory.charge(-connection.charged)
        ledger.answers.charge(-connection.chargedForAnswers)
        (connection.charged, connection.chargedForAnswers) = (0, 0)
        if privileged == connection.id { privileged = nil }
        // A descriptor is free again.
        if acceptRetry != nil { acceptRetry = now }
        service.closed(connection.id, because: reason, on: self)
    }

    /// Sees to it that the next sweep is not later than this connection's expiry.
    func planSweep(_ connection: Connection) {
        guard let expiry = connection.expiry(limits)?.at else { return }
        let wanted = max(expiry, now.advanced(by: Self.sweepPause))
        nextSweep = min(nextSweep ?? wanted, wanted)
    }

    /// Closes what has expired. A connection's expiry only moves back while it is not looked at,
    /// so the earliest one found here is when to look again.
    func sweep() {
        guard let due = nextSweep, now >= due else { return }
        nextSweep = nil
        for connection in table.all {
            guard let expiry = connection.expiry(limits) else { continue }
            if now >= expiry.at {
                close(connection, expiry.reason)
            } else {
                planSweep(connection)
            }
        }
    }
}
