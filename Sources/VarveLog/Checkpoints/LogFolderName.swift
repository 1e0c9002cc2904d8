public import VarveTerms

/// What a folder of a data directory says by its name: which log it holds, and whether the log is
/// in use or on its way in or out.
///
///     clicks-7                                            in use
///     clicks-7.0e3f…32 hex digits…a1-delete               to be deleted
///     clicks-7.0e3f…32 hex digits…a1-future               being copied here from another directory
///     clicks-7.0e3f…32 hex digits…a1-stray                of a topic that is no more
///
/// *Source*: Kafka's log folders, docs/formats/names.md.
public struct LogFolderName: Hashable, Sendable {
    /// What becomes of the log.
    public enum Standing: Hashable, Sendable {
        case live
        /// The random id keeps apart the folders of one log that was deleted and made again.
        case deleted(UniqueID)
        case future(UniqueID)
        case stray(UniqueID)
    }

    /// For a deleted or stray log the topic may be cut short at its end: see `printed`.
    public var log: LogName
    public var standing: Standing

    public init(_ log: LogName, _ standing: Standing = .live) {
        self.log = log
        self.standing = standing
    }

    /// Reads the name of a folder; nil when it is not one of a log.
    ///
    /// A name that ends in one of the three suffixes, but lacks the id before it, is not one.
    public init?(_ name: String) {
        guard let (stem, suffix) = Self.split(name) else {
            guard let log = LogName(folder: name) else { return nil }
            self.init(log)
            return
        }
        guard let dot = stem.lastIndex(of: UInt8(ascii: ".")),
            let id = UniqueID(hexadecimal: stem[(dot + 1)...]),
            let log = LogName(folder: String(decoding: stem[..<dot], as: UTF8.self))
        else { return nil }
        self.init(log, suffix(id))
    }

    private static let suffixes: [(text: String, make: @Sendable (UniqueID) -> Standing)] = [
        ("-delete", { .deleted($0) }), ("-future", { .future($0) }), ("-stray", { .stray($0) }),
    ]

    private static func split(
        _ name: String
    ) -> (stem: ArraySlice<UInt8>, make: @Sendable (UniqueID) -> Standing)? {
        let bytes = Array(name.utf8)
        for (text, make) in suffixes where bytes.ends(with: text.utf8) {
            return (bytes.dropLast(text.utf8.count), make)
        }
        return nil
    }
}

extension LogFolderName: CustomStringConvertible {
    /// The folder's name. Where it would pass 255 bytes, the topic of a deleted or stray log loses
    /// its end, as in Kafka; a future one must come back as what it is, so it never does.
    public var description: String {
        switch standing {
        case .live: log.folder
        case .deleted(let id): capped(".\(id.hexadecimal)-delete")
        case .future(let id): "\(log.folder).\(id.hexadecimal)-future"
        case .stray(let id): capped(".\(id.hexadecimal)-stray")
        }
    }

    /// The name without what says how the log stands: the same for each folder that the log could
    /// have under such a standing.
    var stem: String {
        switch standing {
        case .live: log.folder
        case .deleted(let id): String("\(self)".dropLast(id.hexadecimal.count + ".-delete".count))
        case .future(let id): String("\(self)".dropLast(id.hexadecimal.count + ".-future".count))
        case .stray(let id): String("\(self)".dropLast(id.hexadecimal.count + ".-stray".count))
        }
    }

    private func capped(_ suffix: String) -> String {
        let end = "-\(log.partition)\(suffix)"
        var topic = Substring(log.topic)
        while topic.utf8.count + end.utf8.count > LogName.folderSizeMax { topic.removeLast() }
        return topic + end
    }
}

extension UniqueID {
    /// 32 lowercase hexadecimal digits, as in the names of folders.
    var hexadecimal: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// nil unless there are exactly 32 lowercase hexadecimal digits.
    init?(hexadecimal digits: ArraySlice<UInt8>) {
        guard digits.count == 32 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            halves = (halves.0 << 4 | halves.1 >> 60, halves.1 << 4 | UInt64(value))
        }
        self.init(high: halves.0, low: halves.1)
    }
}

extension [UInt8] {
    func ends(with suffix: String.UTF8View) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
