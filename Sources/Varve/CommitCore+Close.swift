internal import Synchronization
internal import VarveLog
internal import VarveTerms

extension CommitCore {
    /// Takes no more submissions, commits those that were taken, and closes the directory.
    func close() throws(LogError) {
        let isFirst = state.withLock { state in
            defer {
                state.isShutDown = true
                state.closing = state.closing ?? .closed(path: path)
            }
            return !state.isShutDown
        }
        guard isFirst else { return }
        var failure: LogError?
        do {
            try exclusively { owner throws(LogError) in try owner.directory.close() }
        } catch {
            failure = error
        }
        let ready = state.withLock { $0.tasks.takeAll() }
        gate.open()
        threadGate.open()
        for wake in ready { wake.resume() }
        if let failure { throw failure }
    }

    /// Takes submissions again after the log was resumed.
    func takeSubmissionsAgain() {
        state.withLock { state in
            if case .poisoned? = state.closing, !state.isShutDown { state.closing = nil }
        }
    }
}
