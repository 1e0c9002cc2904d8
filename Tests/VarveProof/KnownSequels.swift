import VarveLog
import VarveSim

/// What was opened, found sound and gone on in before.
///
/// Most states that crashes leave come to the same once they are opened: after that the program
/// would do the same on the same disk again. Every 32nd time it does so all the same, since two
/// logs may differ in more than their ends and their disk.
package final class KnownSequels {
    private var prints: Set<UInt64> = []
    private var count = 0

    package init() {}

    /// Whether the sequel is to be tried on the disk as it is, with these logs open.
    func isNews(_ disk: SimulatedDisk, _ logs: [Log], _ sequel: Judge.Sequel) -> Bool {
        count += 1
        var hasher = Hasher()
        hasher.combine(disk.wholeFingerprint)
        hasher.combine(sequel)
        for log in logs {
            let ends = log.ends
            hasher.combine(ends.start)
            hasher.combine(ends.flushed)
            hasher.combine(ends.written)
            hasher.combine(log.latestEpoch)
            hasher.combine(log.recovery.isClean)
        }
        let isNew = prints.insert(UInt64(bitPattern: Int64(hasher.finalize()))).inserted
        return isNew || count % 32 == 0
    }
}
