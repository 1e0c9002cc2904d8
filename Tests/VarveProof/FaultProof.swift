import VarveSim
import VarveSystem

/// G11 and G12: calls that fail, at every ordinal of every workload.
package struct FaultProof: ProofSearch {
    package let row: String
    package let key: String
    package let what: String
    package let goal: Int
    private let faults: [FaultSearch.Fault]

    private init(
        _ row: String, _ key: String, _ what: String, goal: Int, _ faults: [FaultSearch.Fault]
    ) {
        (self.row, self.key, self.what, self.goal) = (row, key, what, goal)
        self.faults = faults
    }

    package static let all = [
        FaultProof(
            "G11", "flush", "flushes that fail with EIO, simulated disk", goal: 1_000,
            FaultSearch.flushFaults),
        FaultProof(
            "G11", "call", "calls that fail: EIO EINTR EMFILE ENFILE EROFS ENOMEM", goal: 10_000,
            FaultSearch.otherFaults),
        FaultProof(
            "G12", "space", "writes without space, which comes back, simulated disk", goal: 4_000,
            FaultSearch.spaceFaults),
    ]

    package func run(_ effort: Effort) throws -> Tally {
        var tally = Tally()
        var number = 0
        for fault in faults {
            for workload in FaultWorkload.all {
                defer { number += 1 }
                guard effort.takes(number) else { continue }
                var search = FaultSearch()
                search.run(workload, fault, until: effort.deadline)
                tally.add(search.tally)
            }
        }
        if effort.deadline.isOver { tally.note = "cut short" }
        return tally
    }

    package func fault(replaying label: String) throws -> String? {
        try FaultSearch.fault(replaying: label)
    }
}

/// G11: no call moves more than a few bytes at once.
package struct ShortTransferProof: ProofSearch {
    package let row = "G11"
    package let key = "short"
    package let what = "short reads and writes of every size"
    package let goal = 250

    package init() {}

    private static let sizes = Array(1...40) + [64, 100, 511, 512, 513]

    package func run(_ effort: Effort) throws -> Tally {
        var tally = Tally()
        for (number, size) in Self.sizes.enumerated() where effort.takes(number) {
            for workload in FaultWorkload.all where !effort.deadline.isOver {
                tally.states += 1
                tally.judged += 1
                if let fault = Self.fault(of: workload, sizeMax: size) {
                    tally.record(fault, "\(workload.name)/\(size)")
                }
            }
        }
        return tally
    }

    private static func fault(of workload: FaultWorkload, sizeMax: Int) -> String? {
        let scene = FaultScene(workload)
        scene.disk.shortTransfers = .everyCall(sizeMax: sizeMax)
        if let wrong = scene.run() { return wrong }
        if scene.refusals > 0 { return "\(scene.refusals) calls were refused" }
        return FaultScene.End.allCases.lazy.compactMap { scene.fault(after: $0) }.first
    }

    package func fault(replaying label: String) throws -> String? {
        let words = label.split(separator: "/").map(String.init)
        guard words.count == 2, let size = Int(words[1]),
            let workload = FaultWorkload.all.first(where: { $0.name == words[0] })
        else { throw ReplayError("\(label) is no workload and size") }
        return Self.fault(of: workload, sizeMax: size)
    }
}
