/// A place in the tree that breaks a rule, and what to do about it.
struct Finding: Hashable, CustomStringConvertible {
    var path: String
    /// Counted from 1.
    var line: Int
    var text: String

    /// `Sources/VarveLog/Log.swift:12: …`, which editors and terminals open.
    var description: String { "\(path):\(line): \(text)" }
}
