internal import VarveLog
internal import VarveProof

/// What the logs of a script must hold, from what the program told before it ended.
struct ScriptHistory {
    private let script: Script
    private(set) var expectations: [Int: Expectation] = [:]
    /// Where batches start, by log.
    private var bases: [Int: [Int]] = [:]
    /// Steps that threw.
    private(set) var failures: [Int] = []
    /// Steps that were done.
    private(set) var doneCount = 0

    init(of script: Script) { self.script = script }

    init(of script: Script, telling events: [ScriptEvent]) {
        self.init(of: script)
        for event in events { take(event) }
    }

    mutating func take(_ event: ScriptEvent) {
        guard script.steps.indices.contains(event.step) else { return }
        var expectation = expectations[event.log] ?? Expectation()
        switch event.kind {
        case .began: begin(event, &expectation)
        case .ended:
            end(event, &expectation)
            doneCount += 1
        case .failed: fail(event, &expectation)
        }
        expectations[event.log] = expectation
    }

    private mutating func fail(_ event: ScriptEvent, _ expectation: inout Expectation) {
        failures.append(event.step)
        switch script.steps[event.step] {
        case .delete, .retain: expectation.apply(.failDelete)
        case .append, .put, .compact, .truncate, .open, .flush, .flushAll, .roll, .checkpoint,
            .pass, .close:
            break
        }
        if event.isFlushFailure { expectation.apply(.forget(above: expectation.flushedEnd)) }
    }

    private mutating func begin(_ event: ScriptEvent, _ expectation: inout Expectation) {
        switch script.steps[event.step] {
        case .append, .put:
            let values = script.values(of: event.step)
            expectation.apply(.submit(at: event.written, values))
        case .delete(let offset): expectation.apply(.beginDelete(before: offset))
        case .retain: expectation.apply(.beginDelete(before: event.flushed))
        case .truncate(let offset):
            let base = bases[event.log, default: []].last { $0 <= offset } ?? 0
            expectation.apply(.beginTruncate(to: base))
        case .open, .flush, .flushAll, .roll, .checkpoint, .pass, .close, .compact: break
        }
    }

    private mutating func end(_ event: ScriptEvent, _ expectation: inout Expectation) {
        var flushed = event.flushed
        switch script.steps[event.step] {
        case .append, .put:
            let count = script.values(of: event.step).count
            bases[event.log, default: []].append(event.written - count)
            // Acknowledged means durable, whatever the log says of itself.
            if script.settings.flushPolicy == .durable { flushed = event.written }
        case .delete, .retain: expectation.apply(.endDelete(before: event.start))
        case .truncate:
            expectation.apply(.endTruncate(to: event.written))
            bases[event.log] = bases[event.log, default: []].filter { $0 < event.written }
        case .open, .flush, .flushAll, .roll, .checkpoint, .pass, .close, .compact: break
        }
        expectation.apply(.acknowledge(flushed: flushed, written: event.written))
    }
}
