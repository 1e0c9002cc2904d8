/// Reads one file of the table; docs/wire/README.md describes its lines.
struct TableParser {
    private let path: String
    private var line = 0
    private var file: TableFile
    /// The structures that the current line may belong to, by depth: their names.
    private var open: [Open] = []

    private struct Open {
        var name: String
        var versions: VersionRange
    }

    static func parse(_ text: String, path: String) throws(TableError) -> TableFile {
        var parser = TableParser(path: path)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            parser.line += 1
            try parser.take(line)
        }
        try parser.finish()
        return parser.file
    }

    private init(path: String) {
        self.path = path
        file = TableFile(path: path)
    }

    private func failure(_ reason: String) -> TableError {
        TableError(path: path, line: line, reason: reason)
    }

    private mutating func take(_ line: Substring) throws(TableError) {
        let depth = line.prefix { $0 == " " }.count
        var words = Words(line)
        guard let first = words.next() else { return }
        guard depth.isMultiple(of: 2) else { throw failure("indented by an odd number of blanks") }
        if depth > 0 { return try takeField(String(first), &words, depth: depth / 2) }
        if first == "error" { return try takeError(&words) }
        guard let kind = MessageKind(rawValue: String(first)) else {
            throw failure("\(first) starts no message")
        }
        try takeMessage(kind, &words)
    }

    private mutating func takeError(_ words: inout Words) throws(TableError) {
        guard let code = words.next().flatMap({ Int($0) }), let name = words.next() else {
            throw failure("an error needs a code and a name")
        }
        let isRetriable = words.next() == "retriable"
        file.errors.append(ErrorLine(code: code, name: String(name), isRetriable: isRetriable))
    }

    private mutating func takeMessage(
        _ kind: MessageKind, _ words: inout Words
    ) throws(TableError) {
        guard let name = words.next() else { throw failure("a message needs a name") }
        var key: Int?
        var versions: VersionRange?
        var stable: VersionRange?
        var flexible: VersionRange?
        var listeners: [String] = []
        var (isForwardable, isClusterAction) = (false, false)
        while let word = words.next() {
            switch word {
            case "key": key = words.next().flatMap { Int($0) }
            case "versions": versions = words.next().flatMap { VersionRange($0) }
            case "stable": stable = words.next().flatMap { VersionRange($0, within: versions) }
            case "flexible": flexible = words.next().flatMap { VersionRange($0, within: versions) }
            case "listeners":
                while let name = words.next(ifAmong: ["broker", "controller"]) {
                    listeners.append(String(name))
                }
            case "forwardable": isForwardable = true
            case "cluster": isClusterAction = true
            default: throw failure("\(word) says nothing about a message")
            }
        }
        guard let versions else { throw failure("\(name) has no versions") }
        file.messages.append(
            Message(
                kind: kind, name: String(name), key: key, versions: versions,
                stableVersions: stable ?? versions, flexible: flexible, listeners: listeners,
                isForwardable: isForwardable, isClusterAction: isClusterAction,
                root: Structure(name: String(name), versions: versions)))
        open = [Open(name: String(name), versions: versions)]
    }

    private mutating func takeField(
        _ name: String, _ words: inout Words, depth: Int
    ) throws(TableError) {
        guard let message = file.messages.last else { throw failure("\(name) is in no message") }
        guard depth <= open.count else { throw failure("\(name) is indented too deep") }
        open.removeSubrange(depth...)
        guard let owner = open.last, let typeWord = words.next() else {
            throw failure("\(name) has no type")
        }
        if name == "struct" {
            return begin(String(typeWord), in: message.versions)
        }
        let typeParts = typeWord.split(separator: "?", omittingEmptySubsequences: false)
        let type = type(typeParts[0])
        var field = Field(name: name, type: type, versions: owner.versions)
        while let word = words.next() {
            try takeAttribute(word, &words, of: &field, in: owner.versions)
        }
        if typeParts.count > 1 {
            field.nullable =
                typeParts[1].isEmpty
                ? field.versions : VersionRange(typeParts[1], within: field.versions)
            guard field.isNullable else { throw failure("\(typeWord) is null in no version") }
        }
        add(field, to: owner.name)
        if let inner = type.structureName { begin(inner, in: field.versions) }
    }

    private func takeAttribute(
        _ word: Substring, _ words: inout Words, of field: inout Field, in owner: VersionRange
    ) throws(TableError) {
        switch word {
        case "=": field.standard = words.next().map { String($0) }
        case "tag": field.tag = words.next().flatMap { Int($0) }
        case "ignorable": field.isIgnorable = true
        case "plain": field.isPlain = true
        default:
            guard let versions = VersionRange(word, within: owner) else {
                throw failure("\(word) says nothing about a field")
            }
            field.versions = versions
        }
    }

    private func type(_ text: Substring) -> FieldType {
        if text.hasPrefix("["), text.hasSuffix("]") {
            return .array(type(text.dropFirst().dropLast()))
        }
        return Scalar(rawValue: String(text)).map { .scalar($0) } ?? .structure(String(text))
    }

    private mutating func begin(_ structure: String, in versions: VersionRange) {
        open.append(Open(name: structure, versions: versions))
    }

    /// A structure comes to be with its first field; without one it is told elsewhere.
    private mutating func add(_ field: Field, to owner: String) {
        let last = file.messages.count - 1
        if owner == file.messages[last].name {
            file.messages[last].root.fields.append(field)
            return
        }
        let known = file.messages[last].structures.firstIndex { $0.name == owner }
        if let known {
            file.messages[last].structures[known].fields.append(field)
        } else {
            let versions = open.last?.versions ?? file.messages[last].versions
            file.messages[last].structures.append(
                Structure(name: owner, versions: versions, fields: [field]))
        }
    }

    /// Every structure that a field names has to be told somewhere in its message.
    private func finish() throws(TableError) {
        for message in file.messages {
            let told = Set(message.structures.map(\.name))
            let structures = [message.root] + message.structures
            for field in structures.flatMap(\.fields) {
                if let name = field.type.structureName, !told.contains(name) {
                    throw failure("\(message.name).\(field.name): \(name) is told nowhere")
                }
            }
        }
    }
}

/// The words of one line, one after another.
struct Words {
    private var rest: ArraySlice<Substring>

    init(_ line: Substring) { rest = line.split(separator: " ")[...] }

    mutating func next() -> Substring? { rest.popFirst() }

    mutating func next(ifAmong expected: Set<String>) -> Substring? {
        guard let word = rest.first, expected.contains(String(word)) else { return nil }
        return rest.popFirst()
    }
}

extension FieldType {
    var structureName: String? {
        switch self {
        case .scalar: nil
        case .structure(let name): name
        case .array(let element): element.structureName
        }
    }
}
