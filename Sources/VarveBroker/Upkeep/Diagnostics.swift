/// Where a broker tells its operator what no client is told: one line for each thing that failed,
/// and one when it is well again.
///
/// *Threads*: called in the thread of the event loop, so it must not wait.
public protocol Diagnostics: AnyObject {
    /// - Parameter line: a sentence without a full stop or a line's end; it names the log or path.
    func note(_ line: String)
    /// - Parameter line: what a round of background work did.
    func noteProgress(_ line: String)
}

extension Diagnostics {
    public func noteProgress(_ line: String) {}
}

/// Tells nobody.
public final class SilentDiagnostics: Diagnostics {
    public init() {}

    public func note(_ line: String) {}
}
