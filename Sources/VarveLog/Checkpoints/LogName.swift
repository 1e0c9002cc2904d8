/// Which log: the topic, and the partition of it. In text checkpoints `topic partition`, as the
/// name of a folder `topic-partition`.
///
/// *Invariants*: the topic is not empty and has no blank, `/` or NUL in it, the partition is not
/// negative, and the folder's name has at most 255 bytes; so it is always one lawful path
/// component. Whether a topic of that name may be *made* is stricter: `TopicName`.
///
/// Equality and order are those of the UTF-8 bytes, as in names of folders.
public struct LogName: Sendable {
    public let topic: String
    /// Never negative.
    public let partition: Int32

    /// A name from outside; nil when the invariants do not hold.
    public init?(topic: String, partition: Int32) {
        guard partition >= 0, !topic.isEmpty else { return nil }
        for byte in topic.utf8 where isBlank(byte) || byte == UInt8(ascii: "/") || byte == 0 {
            return nil
        }
        self.topic = topic
        self.partition = partition
        guard topic.utf8.count < Self.folderSizeMax, folder.utf8.count <= Self.folderSizeMax else {
            return nil
        }
    }

    /// Reads the name of a log's folder; the partition is what follows the last `-`.
    ///
    ///     LogName(folder: "audit-eu-3")  // topic "audit-eu", partition 3
    ///
    /// - Returns: nil for anything else, and for a partition with a sign or with needless zeros,
    ///   which would let two folders be one log.
    public init?(folder name: String) {
        let bytes = Array(name.utf8)
        guard let dash = bytes.lastIndex(of: UInt8(ascii: "-")) else { return nil }
        let digits = bytes[(dash + 1)...]
        guard digits.first != UInt8(ascii: "+"), digits.count == 1 || digits.first != 0x30,
            let partition = Int32(decimal: digits)
        else { return nil }
        self.init(topic: String(decoding: bytes[..<dash], as: UTF8.self), partition: partition)
    }

    /// The most bytes that file systems allow in a name.
    public static let folderSizeMax = 255

    /// The name of the log's folder.
    public var folder: String { "\(topic)-\(partition)" }
}

extension LogName: Hashable, Comparable {
    // String's own equality takes two spellings of one letter for the same; a file system does not.
    public static func == (left: Self, right: Self) -> Bool {
        left.partition == right.partition && left.hasSameTopic(as: right)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(topic)
        hasher.combine(partition)
    }

    /// By topic, then by partition.
    public static func < (left: Self, right: Self) -> Bool {
        if left.hasSameTopic(as: right) { return left.partition < right.partition }
        return left.topic.utf8.lexicographicallyPrecedes(right.topic.utf8)
    }

    private func hasSameTopic(as other: LogName) -> Bool {
        topic.utf8.elementsEqual(other.topic.utf8)
    }
}

extension LogName: CustomStringConvertible {
    /// `audit-eu-3`.
    public var description: String { folder }
}
