internal import VarveTerms

// Listeners, and the beginning of connections.
extension EventLoop {
    private static let listenerMark: UInt64 = 1 << 63
    /// Connections taken in one turn, so that those that are there get on meanwhile.
    private static let acceptCountMax = 64
    /// How long to leave accepting alone when there are no descriptors, unless one is given back.
    private static let acceptPause = Duration.milliseconds(100)

    /// Accepts connections at `listener`, which other loops may do as well. It is closed when any
    /// of them drains.
    /// - Throws: when the poller takes no more.
    public func serve(_ listener: any Listener) throws(TransportError) {
        try poller.add(listener, token: Self.listenerMark | UInt64(listeners.count))
        listeners.append(listener)
    }

    func listenerPlace(of token: UInt64) -> Int? {
        token & Self.listenerMark == 0 ? nil : Int(token & ~Self.listenerMark)
    }

    func accept(at place: Int) {
        guard place < listeners.count, isAccepting else { return }
        for _ in 0..<Self.acceptCountMax {
            switch listeners[place].accept() {
            case .accepted(let socket): admit(socket)
            case .notReady: return
            case .gone: continue
            case .exhausted: return pauseAccepting()
            }
        }
    }

    private func admit(_ socket: any StreamSocket) {
        tally.acceptedCount += 1
        guard ledger.enter(socket.peer.ip) == .admit else { return refuse(socket) }
        guard !placement.isEmpty else { return adopt(socket) }
        let mailbox = placement[nextPlacement % placement.count]
        nextPlacement += 1
        guard mailbox.post({ $0.adopt(socket) }) == .posted else {
            ledger.leave(socket.peer.ip)
            return refuse(socket)
        }
    }

    private func refuse(_ socket: any StreamSocket) {
        tally.refusedCount += 1
        socket.close()
    }

    /// Begins to read from a socket that the ledger has counted in.
    private func adopt(_ socket: any StreamSocket) {
        let connection = table.insert { id in
            Connection(
                id, socket, frameSizeMax: limits.frameSizeMax, spare: spare, chunks: chunks,
                now: now)
        }
        let ends = ConnectionEnds(
            peer: socket.peer, local: socket.local, roundTrip: socket.roundTrip)
        do throws(TransportError) {
            guard drainDeadline == nil else { return forget(connection) }
            try poller.add(socket, token: connection.id.token, for: .reading)
        } catch {
            return forget(connection)
        }
        guard service.opened(connection.id, ends, on: self) == .admit else {
            poller.remove(socket)
            return forget(connection)
        }
        planSweep(connection)
    }

    /// Undoes an adoption that the service was not told of, or refused.
    private func forget(_ connection: Connection) {
        connection.phase = .closed
        table.remove(connection.id)
        ledger.leave(connection.socket.peer.ip)
        refuse(connection.socket)
    }

    // A listener whose connections cannot be taken stays ready, so it must not be looked at.
    private func pauseAccepting() {
        tally.acceptPauseCount += 1
        isAccepting = false
        acceptRetry = now.advanced(by: Self.acceptPause)
        for listener in listeners { poller.remove(listener) }
    }

    func resumeAccepting() {
        guard let retry = acceptRetry, now >= retry else { return }
        acceptRetry = nil
        for (place, listener) in listeners.enumerated() {
            do throws(TransportError) {
                try poller.add(listener, token: Self.listenerMark | UInt64(place))
            } catch {
                // What was added is taken out again, and all is tried once more.
                return pauseAccepting()
            }
        }
        isAccepting = true
    }
}
