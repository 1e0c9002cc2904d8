/// A call to the outside, by kind.
public enum CallKind: Int, CaseIterable, Sendable {
    // Of a file system, beyond the system calls that one of them may take.
    case open, close, look, read, write, resize, reserve, flush, lock, map
    case list, makeDirectory, removeDirectory, rename, remove, flushDirectory, measure
    // Of a network.
    case wait, watch, accept, receive, send, sendFile, hangUp
    /// Another thread was woken.
    case wake

    /// As tables have it.
    var text: String {
        switch self {
        case .makeDirectory: "make directory"
        case .removeDirectory: "remove directory"
        case .flushDirectory: "flush directory"
        case .sendFile: "send file"
        case .hangUp: "hang up"
        default: "\(self)"
        }
    }
}

/// How many calls there were of each kind, and how many bytes they moved.
public struct CallTally: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: CallKind.allCases.count)
    /// Bytes that were read from files and written to them.
    var readSize = 0
    var writtenSize = 0

    subscript(kind: CallKind) -> Int {
        get { counts[kind.rawValue] }
        set { counts[kind.rawValue] = newValue }
    }

    /// All calls.
    var total: Int { counts.reduce(0, +) }

    func since(_ earlier: CallTally) -> CallTally {
        var difference = self
        for kind in CallKind.allCases { difference[kind] -= earlier[kind] }
        difference.readSize -= earlier.readSize
        difference.writtenSize -= earlier.writtenSize
        return difference
    }
}

extension CallTally: CustomStringConvertible {
    /// `write 2, flush 1`; `none`.
    public var description: String {
        let rows = CallKind.allCases.filter { self[$0] != 0 }.map { "\($0.text) \(self[$0])" }
        return rows.isEmpty ? "none" : rows.joined(separator: ", ")
    }
}
