public import VarveSystem

/// How long a fault lasts.
public enum FaultMode: Hashable, Sendable {
    /// The call that it hits fails, the next one passes.
    case once
    /// From the call that it hits on, all of the same kinds fail.
    case forGood
}

/// Whether reads and writes move all that they could.
public enum ShortTransfers: Hashable, Sendable {
    case none
    /// No call moves more than `sizeMax` bytes.
    case everyCall(sizeMax: Int)
    /// Every other call, on average, moves 1 byte or any number up to all of them.
    case random(seed: UInt64)
}

extension Set<FileError.Operation> {
    /// The calls that change the disk: all that a read-only file system refuses.
    public static var changing: Self {
        [.write, .resize, .reserve, .makeDirectory, .removeDirectory, .rename, .remove]
    }
}

/// The faults that are laid and what they have hit.
struct Faults: Sendable {
    private struct Fault {
        var kinds: Set<FileError.Operation>?
        var path: String?
        var passing: Int
        var error: SystemError
        var mode: FaultMode

        func counts(_ operation: FileError.Operation, _ path: String) -> Bool {
            (kinds?.contains(operation) ?? true) && (self.path.map { $0 == path } ?? true)
        }
    }

    private var laid: [Fault] = []
    private(set) var callCount = 0
    private(set) var hitCount = 0
    var shortTransfers = ShortTransfers.none {
        didSet { if case .random(let seed) = shortTransfers { random = SplitMix64(seed: seed) } }
    }
    private var random = SplitMix64(seed: 0)

    mutating func lay(
        after passing: Int, _ kinds: Set<FileError.Operation>?, at path: String?,
        _ error: SystemError, _ mode: FaultMode
    ) {
        laid.append(Fault(kinds: kinds, path: path, passing: passing, error: error, mode: mode))
    }

    mutating func clear() { laid = [] }

    /// Counts a call.
    /// - Returns: the error that it has to fail with.
    mutating func count(_ operation: FileError.Operation, _ path: String) -> SystemError? {
        callCount += 1
        var hit: Int?
        for slot in laid.indices where laid[slot].counts(operation, path) {
            if laid[slot].passing > 0 {
                laid[slot].passing -= 1
            } else if hit == nil {
                hit = slot
            }
        }
        guard let hit else { return nil }
        hitCount += 1
        let error = laid[hit].error
        if laid[hit].mode == .once { laid.remove(at: hit) }
        return error
    }

    /// How many of `count` bytes a read or a write moves.
    mutating func transferSize(of count: Int) -> Int {
        switch shortTransfers {
        case .none: count
        case .everyCall(let sizeMax): min(count, Swift.max(sizeMax, 1))
        case .random:
            count > 1 && Bool.random(using: &random)
                ? Int.random(in: 1...count, using: &random) : count
        }
    }
}
