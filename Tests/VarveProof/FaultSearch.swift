package import VarveSim
package import VarveSystem

/// Every call of a workload fails, once or for good; the program goes on as far as it can, ends,
/// and the next one finds everything that was acknowledged.
package struct FaultSearch {
    /// What a call fails with.
    package struct Fault: Hashable, Sendable, CustomStringConvertible {
        package var error: SystemError
        package var mode: FaultMode
        /// The calls that fail so in life; nil for all.
        package var kinds: Set<FileError.Operation>?

        package init(
            _ error: SystemError, _ mode: FaultMode, of kinds: Set<FileError.Operation>? = nil
        ) {
            (self.error, self.mode, self.kinds) = (error, mode, kinds)
        }

        package var description: String {
            let kinds = kinds.map { $0 == [.flush, .flushDirectory] ? "-flush" : "" } ?? ""
            return "\(error.code)\(kinds)-\(mode == .once ? "once" : "forGood")"
        }
    }

    /// What comes after a fault.
    enum Sequel: String, CaseIterable {
        /// It is gone, and the same process goes on.
        case goingOn
        case processDeath, powerCut, evictedCaches

        var end: FaultScene.End {
            switch self {
            case .goingOn, .processDeath: .processDeath
            case .powerCut: .powerCut
            case .evictedCaches: .evictedCaches
            }
        }
    }

    private static let spaceKinds = Set<FileError.Operation>.changing
        .union([.open, .flush, .flushDirectory])

    /// Flushes that fail as they were seen to on ext4, xfs and btrfs: the pages count as clean from
    /// then on although the disk has their old bytes.
    package static let flushFaults = [FaultMode.once, .forGood].map {
        Fault(.inputOutput, $0, of: [.flush, .flushDirectory])
    }

    package static let spaceFaults = [SystemError.noSpace, .quotaExceeded].flatMap { error in
        [FaultMode.once, .forGood].map { Fault(error, $0, of: spaceKinds) }
    }

    package static let otherFaults: [Fault] = [FaultMode.once, .forGood].flatMap { mode in
        [
            Fault(.inputOutput, mode), Fault(.interrupted, mode),
            Fault(.tooManyFiles, mode, of: [.open, .list]),
            Fault(.tooManyFilesInSystem, mode, of: [.open, .list]),
            Fault(.readOnly, mode, of: Set<FileError.Operation>.changing.union([.open])),
            Fault(.noMemory, mode, of: [.open, .map, .list]),
        ]
    }

    package static var allFaults: [Fault] { flushFaults + spaceFaults + otherFaults }

    package private(set) var tally = Tally()

    package init() {}

    /// Lets each call of the workload fail, one after the other.
    package mutating func run(_ workload: FaultWorkload, _ fault: Fault, until deadline: Deadline) {
        var ordinal = 0
        while !tally.isHopeless, !deadline.isOver {
            let first = FaultScene(workload)
            let wrong = Self.play(first, fault, ordinal)
            if let wrong { tally.record(wrong, Self.label(workload, fault, ordinal, .goingOn)) }
            guard first.hitCount > 0 else { return }
            for sequel in Sequel.allCases {
                let scene = sequel == .goingOn ? FaultScene(workload) : first
                if sequel == .goingOn { _ = Self.play(scene, fault, ordinal) }
                tally.states += 1
                tally.judged += 1
                if let wrong = Self.fault(of: scene, then: sequel) {
                    tally.record(wrong, Self.label(workload, fault, ordinal, sequel))
                }
            }
            ordinal += 1
        }
    }

    private static func play(_ scene: FaultScene, _ fault: Fault, _ ordinal: Int) -> String? {
        scene.disk.fail(ordinal: ordinal, of: fault.kinds, with: fault.error, mode: fault.mode)
        return scene.run()
    }

    private static func fault(of scene: FaultScene, then sequel: Sequel) -> String? {
        if sequel == .goingOn, let wrong = scene.goOn() { return wrong }
        return scene.fault(after: sequel.end)
    }

    // MARK: Replaying

    private static func label(
        _ workload: FaultWorkload, _ fault: Fault, _ ordinal: Int, _ sequel: Sequel
    ) -> String {
        "\(workload.name)/\(fault)/\(ordinal)/\(sequel.rawValue)"
    }

    package static func fault(replaying label: String) throws -> String? {
        let words = label.split(separator: "/").map(String.init)
        guard words.count == 4, let ordinal = Int(words[2]), ordinal >= 0,
            let workload = FaultWorkload.all.first(where: { $0.name == words[0] }),
            let fault = allFaults.first(where: { "\($0)" == words[1] }),
            let sequel = Sequel(rawValue: words[3])
        else { throw ReplayError("\(label) is no failing call of a workload") }
        let scene = FaultScene(workload)
        return play(scene, fault, ordinal) ?? Self.fault(of: scene, then: sequel)
    }
}
