public import VarveTerms

/// A file or directory of a simulated disk, whatever name it has.
struct NodeID: Hashable, Sendable {
    let rawValue: UInt64

    init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// A name in a directory, whether something has it or not.
struct NameKey: Hashable, Sendable {
    var directory: NodeID
    var name: String
}

/// A change that the running process sees and that no flush has made durable: at a power cut it
/// survives or not, apart from all others.
///
/// The one rule between atoms is that changes of one name happen in order: an atom is lost with
/// any earlier atom on a name that it touches. Otherwise a cut could give a file two names or none,
/// which no file system does.
public struct Atom: Sendable {
    enum Change: Sendable {
        /// `bytes` in a file. Seen after a cut only as far as the file's durable size reaches.
        case bytes(NodeID, position: Int, [UInt8])
        /// A write took the file's end to `size`. Without the bytes, zeros stand there.
        case growth(NodeID, size: Int)
        /// The file was cut or extended.
        case resize(NodeID, size: Int)
        case added(NameKey, NodeID)
        case removed(NameKey, NodeID)
        /// One atom: after a cut either the old name stands or the new one.
        case renamed(from: NameKey, to: NameKey, NodeID)
    }

    /// Which operation of the trace made it; negative for one of an earlier life of the disk.
    public private(set) var ordinal: Int
    /// The path that the operation was called with.
    public let path: String
    public let time: Timestamp
    let change: Change

    /// The file that the change is in; nil for names.
    var file: NodeID? {
        switch change {
        case .bytes(let node, _, _), .growth(let node, _), .resize(let node, _): node
        case .added, .removed, .renamed: nil
        }
    }

    /// The names that the change touches; none for changes in a file.
    var names: [NameKey] {
        switch change {
        case .bytes, .growth, .resize: []
        case .added(let key, _), .removed(let key, _): [key]
        case .renamed(let old, let new, _): [old, new]
        }
    }

    func renumbered(by distance: Int) -> Atom {
        var atom = self
        atom.ordinal += distance
        return atom
    }

    var isBytes: Bool {
        if case .bytes = change { true } else { false }
    }
}

extension Atom: CustomStringConvertible {
    /// `#12 1024 bytes at 4096 of /log-0/00000000000000000000.log`.
    public var description: String {
        switch change {
        case .bytes(_, let position, let bytes):
            "#\(ordinal) \(bytes.count) bytes at \(position) of \(path)"
        case .growth(_, let size): "#\(ordinal) growth to \(size) of \(path)"
        case .resize(_, let size): "#\(ordinal) resize to \(size) of \(path)"
        case .added: "#\(ordinal) name \(path)"
        case .removed: "#\(ordinal) removal of \(path)"
        case .renamed(_, let new, _): "#\(ordinal) rename of \(path) to \(new.name)"
        }
    }
}
