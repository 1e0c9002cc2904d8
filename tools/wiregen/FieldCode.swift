/// The Swift of one field: its type, its standard value, how it is read and written.
struct FieldCode {
    let field: Field
    let message: Message

    /// The name as an identifier.
    var name: String { Self.reserved.contains(field.name) ? "`\(field.name)`" : field.name }

    private static let reserved: Set<String> = [
        "protocol", "operator", "default", "internal", "extension", "self", "in", "is", "as",
        "class", "init", "import", "public", "private", "return", "repeat", "where", "while",
    ]

    private var quoted: String { "\"\(field.name)\"" }

    var swiftType: String { Self.swiftType(of: field.type) + (field.isNullable ? "?" : "") }

    static func swiftType(of type: FieldType) -> String {
        switch type {
        case .array(let element): return "[\(swiftType(of: element))]"
        case .structure(let name): return name
        case .scalar(let scalar):
            switch scalar {
            case .bool: return "Bool"
            case .int8: return "Int8"
            case .int16: return "Int16"
            case .int32: return "Int32"
            case .int64: return "Int64"
            case .uint16: return "UInt16"
            case .uint32: return "UInt32"
            case .float64: return "Double"
            case .uuid: return "UniqueID"
            case .string: return "String"
            case .bytes: return "[UInt8]"
            case .records: return "RecordsSlice"
            case .errorCode: return "ErrorCode"
            }
        }
    }

    /// The value that stands for a field that was not set.
    var standard: String {
        if field.standard == "null" { return "nil" }
        switch field.type {
        case .array: return "[]"
        case .structure(let name): return "\(name)()"
        case .scalar(let scalar):
            switch scalar {
            case .bool: return field.standard ?? "false"
            case .uuid: return ".zero"
            case .bytes: return "[]"
            case .records: return "RecordsSlice()"
            case .string: return "\"\(field.standard ?? "")\""
            case .errorCode: return field.standard.map { "ErrorCode(rawValue: \($0))" } ?? ".none"
            case .int8, .int16, .int32, .int64, .uint16, .uint32, .float64:
                return field.standard ?? "0"
            }
        }
    }

    /// The condition under which the field differs from its standard value.
    var differs: String {
        switch (field.type, field.standard) {
        case (.scalar(.bool), "true"): return "!\(name)"
        case (.scalar(.bool), _): return name
        case (.array, nil) where !field.isNullable: return "!\(name).isEmpty"
        default: return "\(name) != \(standard)"
        }
    }

    /// In all versions that have the field, null may stand for a value.
    private var isNullableThroughout: Bool { field.nullable == field.versions }

    /// Reads the field in a version that has it.
    var read: String {
        if case .structure = field.type {
            if !field.isNullable { return "\(name) = try \(swiftType)(&r)" }
            let tagged = field.tag == nil ? "" : "Tagged"
            return "\(name) = try r.optional\(tagged)Structure(\(quoted))"
        }
        if !field.isNullable { return "\(name) = try \(read(orNull: false))" }
        if isNullableThroughout { return "\(name) = try \(read(orNull: true))" }
        let condition = field.nullable?.condition(within: field.versions) ?? "true"
        return "\(name) = try \(condition) ? \(read(orNull: true)) : \(read(orNull: false))"
    }

    private func read(orNull: Bool) -> String {
        let least = LeastSize(message: message).ofElement(of: field)
        switch field.type {
        case .array: return "r.\(word("array", orNull))(\(quoted), least: \(least))"
        case .structure: return "r.optionalStructure(\(quoted))"
        case .scalar(let scalar): return "r.\(word(scalar.rawValue, orNull))(\(quoted))"
        }
    }

    /// `array` or `optionalArray`, `string` or `plainOptionalString`.
    private func word(_ noun: String, _ orNull: Bool) -> String {
        let words = (field.isPlain ? ["plain"] : []) + (orNull ? ["optional"] : []) + [noun]
        return words[0]
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// Writes the field in a version that has it, one statement a line.
    var write: [String] {
        if case .structure = field.type {
            if !field.isNullable { return ["try \(name).write(&w)"] }
            let tagged = field.tag == nil ? "" : "Tagged"
            return ["try w.optional\(tagged)Structure(\(name))"]
        }
        if !field.isNullable { return [write(name, orNull: false)] }
        if isNullableThroughout { return [write(name, orNull: true)] }
        let condition = field.nullable?.condition(within: field.versions) ?? "true"
        return [
            "if \(condition) {", "    " + write(name, orNull: true), "} else {",
            "    " + write("w.required(\(name), \(quoted))", orNull: false), "}",
        ]
    }

    private func write(_ value: String, orNull: Bool) -> String {
        switch field.type {
        case .array: return "try w.\(word("array", orNull))(\(value), \(quoted))"
        case .structure: return "try w.optionalStructure(\(value))"
        case .scalar(let scalar):
            switch scalar {
            case .string, .bytes, .records:
                return "try w.\(word(scalar.rawValue, orNull))(\(value), \(quoted))"
            default: return "w.\(scalar.rawValue)(\(value))"
            }
        }
    }
}
