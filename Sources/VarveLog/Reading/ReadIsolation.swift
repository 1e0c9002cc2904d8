/// Which records of transactions a read is shown (`isolation.level`).
public enum ReadIsolation: Hashable, Sendable {
    /// All of them, whatever becomes of their transactions.
    case uncommitted
    /// Those of transactions that were committed, and records outside of transactions, up to the
    /// first that belongs to an undecided one.
    case committed
}
