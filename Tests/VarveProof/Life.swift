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

    /// - Parameter strictness: stands for the expectations among the lives that are compared.
    package init(
        endedBy death: Death, leaving expectations: [LogName: Expectation], strictness: Int = 0,
        inBoot boot: UniqueID = Scene.boot
    ) {
        self.death = death
        logs = expectations.sorted { $0.key < $1.key }.map { (name: $0.key, expectation: $0.value) }
        nextBoot =
            death == .powerCut ? UniqueID(high: boot.high, low: boot.low + 1_000) : boot
        fingerprint = UInt64(strictness) &* 0x9E37_79B9_7F4A_7C15
    }

    private init(_ life: Life, crashedIn boot: UniqueID) {
        (death, logs, fingerprint) = (.powerCut, life.logs, life.fingerprint)
        nextBoot = UniqueID(high: boot.high, low: boot.low + 1_000)
    }

    /// The life that opened the logs after this one, and had its power cut before it was told that
    /// they are open.
    var crashedInOpening: Life { Life(self, crashedIn: nextBoot) }
}

extension Scene {
    /// This life, if it had ended after its first `moment` operations.
    package func life(endingAt moment: Int, by death: Life.Death) -> Life {
        Life(
            endedBy: death, leaving: expectations(at: moment),
            strictness: strictness(at: moment))
    }

    /// See `Journal.strictness(at:)`: that of all logs together.
    func strictness(at moment: Int) -> Int {
        journals.values.reduce(0) { $0 + $1.strictness(at: moment) }
    }
}
