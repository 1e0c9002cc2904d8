/// One file of the table: the messages of one API, or a record, or a key and its value.
struct TableFile: Hashable {
    /// Its place below the folder of the table: `rpc/Fetch.wire`.
    var path: String
    var messages: [Message] = []
    var errors: [ErrorLine] = []

    /// What its Swift file is called, without an ending.
    var stem: Substring {
        path.split(separator: "/").last?.prefix { $0 != "." } ?? ""
    }
}

/// One line of the list of errors.
struct ErrorLine: Hashable {
    var code: Int
    var name: String
    var isRetriable: Bool
}

/// What a message is to Kafka.
enum MessageKind: String {
    case request, response, header, record, key, value, message
}

struct Message: Hashable {
    var kind: MessageKind
    /// What the Swift type is called.
    var name: String
    /// An API's key, or the number by which a log knows the record.
    var key: Int?
    var versions: VersionRange
    /// Versions that Kafka offers without being asked for unfinished ones.
    var stableVersions: VersionRange
    var flexible: VersionRange?
    var listeners: [String] = []
    var isForwardable = false
    var isClusterAction = false
    var root: Structure
    /// Each structure once, in the order in which they are met.
    var structures: [Structure] = []
}

struct Structure: Hashable {
    var name: String
    /// In which versions of its message it can occur.
    var versions: VersionRange
    var fields: [Field] = []
}

enum Scalar: String {
    case bool, int8, int16, int32, int64, uint16, uint32, float64, uuid, string, bytes, records
    case errorCode

    /// How many bytes a value takes; nil where its size is sent along.
    var size: Int? {
        switch self {
        case .bool, .int8: 1
        case .int16, .uint16, .errorCode: 2
        case .int32, .uint32: 4
        case .int64, .float64: 8
        case .uuid: 16
        case .string, .bytes, .records: nil
        }
    }
}

indirect enum FieldType: Hashable {
    case scalar(Scalar)
    case structure(String)
    case array(FieldType)
}

struct Field: Hashable {
    var name: String
    var type: FieldType
    var versions: VersionRange
    /// In which versions null may stand for a value; nil when in none.
    var nullable: VersionRange?
    /// As the table writes it; nil for zero, the empty string, an empty array.
    var standard: String?
    var tag: Int?
    /// Left out in silence, whatever its value, where the version lacks it.
    var isIgnorable = false
    /// A string whose length takes two bytes even in a flexible version.
    var isPlain = false

    var isNullable: Bool { nullable != nil }
}

struct TableError: Error, Hashable, CustomStringConvertible {
    var path: String
    var line: Int
    var reason: String

    var description: String { "\(path):\(line): \(reason)" }
}
