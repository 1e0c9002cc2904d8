/// How pieces of work that do not depend on each other are run. The engine starts no thread: who
/// has threads lends them with one of these.
///
///     let logs = try directory.openAll(by: .threads(4))  // `threads` is of the module Varve
public struct ParallelWork: Sendable {
    private let runAll: Run

    /// Calls a piece of work with each number below a count.
    public typealias Run =
        @Sendable (_ count: Int, _ piece: @escaping @Sendable (Int) -> Void) -> Void

    /// - Parameter runAll: calls `piece` once with each number below `count`, from whatever
    ///   threads and in any order, and returns when all calls have returned.
    public init(_ runAll: @escaping Run) { self.runAll = runAll }

    /// One piece after the other, in the thread that asks.
    public static let sequential = ParallelWork { count, piece in
        for number in 0..<count { piece(number) }
    }

    func run(_ count: Int, _ piece: @escaping @Sendable (Int) -> Void) { runAll(count, piece) }
}
