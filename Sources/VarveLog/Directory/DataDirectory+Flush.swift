internal import VarveTerms

extension DataDirectory {
    // MARK: Flushing many logs

    /// Makes everything that was appended to `logs` durable, by one flush where that is cheaper.
    /// - Throws: the first failure; the other logs are flushed all the same.
    public func flush(_ logs: [Log]) throws(LogError) {
        if let first = flushEach(logs).compactMap({ $0 }).first { throw first }
    }

    /// Makes everything that was appended to `logs` durable, by one flush where that is cheaper.
    ///
    /// - Parameter logs: logs of this directory, all owned by the caller; others are flushed one
    ///   by one.
    /// - Returns: for each of them why it is not durable; nil where it is.
    /// - Complexity: one flush for all that bring little; one for each other log.
    public func flushEach(_ logs: [Log]) -> [LogError?] {
        shareFlush(of: logs)
        return logs.map { $0.flushing() }
    }

    /// Lets those logs that gain by it share a flush. The others are as they were.
    func shareFlush(of logs: [Log]) {
        let sharing = logs.filter { log in
            log.canShareFlush && log.unflushedActiveSize <= Self.sharedSizeMax && isOpenHere(log)
        }
        if sharing.count > 1 { ring.commit(sharing) }
    }

    private func isOpenHere(_ log: Log) -> Bool {
        openLogs[log.name] === log || openFutures[log.name] === log
    }

    /// Bytes of a log up to which writing them twice costs less than a flush.
    static let sharedSizeMax = 64 << 10

    // MARK: What the ring has of a log that goes

    /// A log is about to lose its name. What the ring has of it then belongs to no log, and no
    /// opening puts it back.
    func settleRing(before standing: LogFolderName.Standing, of name: LogName) throws(LogError) {
        // What is deleted needs no bytes. One that was closed by itself has them in its own file.
        if case .deleted = standing {} else { try openLogs[name]?.settleInPlace(from: ring) }
        // But none may come back, into another log of the name.
        if ring.hasFrames { unsettled.insert(name) }
    }

    /// A log is about to be made or opened under a name that another one had.
    func settleRing(beforeOpening name: LogName) throws(LogError) {
        guard unsettled.contains(name) else { return }
        try ring.drain()
        unsettled = []
    }
}
