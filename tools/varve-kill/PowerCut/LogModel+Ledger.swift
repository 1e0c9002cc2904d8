extension LogModel {
    /// What a ledger says that was acknowledged, life after life.
    /// - Returns: the model, and whether a check was completed before the ledger's end.
    static func reading(
        _ ledger: [UInt8], threadCount: Int
    ) -> (model: LogModel, wasChecked: Bool, violations: [Violation]) {
        var model = LogModel(threadCount: threadCount)
        var violations: [Violation] = []
        var life = 0
        var wasChecked = false
        model.begin(life: life)
        for start in stride(from: 0, to: ledger.count, by: ChildLine.size) {
            let end = min(start + ChildLine.size, ledger.count)
            switch ChildLine(ledger[start..<end]) {
            case .opened(let cutSize):
                if cutSize > 0 { violations.append(.word("a kill left \(cutSize) bytes to cut")) }
                // The first life is there before its log is open: its first records may survive
                // a cut that comes before anything was told.
                if start > 0 {
                    life += 1
                    model.begin(life: life)
                }
            case .acknowledged(let thread, let counter, let offset):
                let violation = model.tell(thread: thread, counter: counter, offset: offset)
                if let violation { violations.append(violation) }
            case .closing, .deleting: break
            case .checked: wasChecked = true
            case nil: violations.append(.word("the ledger holds what is no line"))
            }
        }
        return (model, wasChecked, violations)
    }
}
