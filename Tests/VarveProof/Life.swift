package import VarveLog
package import VarveTerms

/// How a life ended, and what must be there after it.
package struct Life {
    package enum Death: Hashable, Sendable { case powerCut, processDeath }

    package private(set) var death: Death
    package private(set) var logs: [(name: LogName, expectation: Expectation)]
    /// The system's number of this boot, for whoever comes after it.
    package private(set) var nextBoot: UniqueID
    /// Differs for lives after which not the same must be there.
    let fingerprint: UInt64

    package init(
        endedBy death: Death, leaving expectations: [LogName: Expectation],
        inBoot boot: UniqueID = Scene.boot
    ) {
        self.death = death
        logs = expectations.sorted { $0.key < $1.key }.map { (name: $0.key, expectation: $0.value) }
        nextBoot =
            death == .powerCut ? UniqueID(high: boot.high, low: boot.low + 1_000) : boot
        var hasher = Hasher()
        hasher.combine(death)
        hasher.combine(nextBoot)
        for (name, expectation) in logs {
            hasher.combine(name)
            hasher.combine(expectation)
        }
        fingerprint = UInt64(bitPattern: Int64(hasher.finalize())) & ~1
    }

    /// The life that opened the logs after this one, and had its power cut before it was told that
    /// they are open.
    var crashedInOpening: Life {
        Life(
            endedBy: .powerCut,
            leaving: Dictionary(uniqueKeysWithValues: logs.map { ($0.name, $0.expectation) }),
            inBoot: nextBoot)
    }
}

extension Scene {
    /// This life, if it had ended after its first `moment` operations.
    package func life(endingAt moment: Int, by death: Life.Death) -> Life {
        Life(endedBy: death, leaving: expectations(at: moment))
    }
}
