internal import VarveTerms

/// Which snapshot of the metadata log: the sum of its records before `offset`, the last of which
/// was written in `epoch`. As a file, `00000000000000000385-0000000003.checkpoint`.
///
/// *Source*: KIP-630, docs/formats/metadata-snapshot.md.
struct SnapshotName: Hashable {
    static let suffix = ".checkpoint"

    var offset: Offset
    var epoch: LeaderEpoch

    init(offset: Offset, epoch: LeaderEpoch) {
        self.offset = offset
        self.epoch = epoch
    }

    /// Reads the name of a file; nil for that of anything else.
    init?(file name: String) {
        guard name.hasSuffix(Self.suffix) else { return nil }
        let parts = name.dropLast(Self.suffix.count).split(
            separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 20, parts[1].utf8.count == 10,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let offset = Int64(parts[0]).flatMap({ Offset(exactly: $0) }),
            let epoch = Int32(parts[1]).flatMap({ LeaderEpoch(exactly: $0) })
        else { return nil }
        self.init(offset: offset, epoch: epoch)
    }

    /// The name of the file.
    var file: String {
        Self.digits("\(offset)", count: 20) + "-" + Self.digits("\(epoch)", count: 10) + Self.suffix
    }

    private static func digits(_ number: String, count: Int) -> String {
        String(repeating: "0", count: max(0, count - number.utf8.count)) + number
    }
}

extension SnapshotName: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        (left.offset, left.epoch) < (right.offset, right.epoch)
    }
}
