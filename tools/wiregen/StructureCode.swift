/// The Swift of one structure: a value type that reads and writes itself.
struct StructureCode {
    let structure: Structure
    let message: Message

    private var isRoot: Bool { structure == message.root }
    private var fields: [FieldCode] {
        structure.fields.map { FieldCode(field: $0, message: message) }
    }
    private var plainFields: [FieldCode] { fields.filter { $0.field.tag == nil } }
    private var tagged: [FieldCode] {
        fields.filter { $0.field.tag != nil }.sorted { $0.field.tag ?? 0 < $1.field.tag ?? 0 }
    }
    /// In which versions the structure ends with tagged fields.
    private var flexible: VersionRange? {
        guard let flexible = message.flexible else { return nil }
        let first = max(flexible.first, structure.versions.first)
        let last = min(flexible.last, structure.versions.last)
        return first <= last ? VersionRange(first, last) : nil
    }
    private var isAlwaysFlexible: Bool { flexible == structure.versions }

    var lines: [String] {
        let conformance = isRoot ? "WireMessage" : "WireValue"
        var lines = ["public struct \(structure.name): \(conformance) {"]
        if isRoot { lines += schema.map { "    " + $0 } + [""] }
        lines += fields.map { "    public var \($0.name): \($0.swiftType) = \($0.standard)" }
        if flexible != nil { lines.append("    public var unknownTags: [UnknownTag] = []") }
        lines += ["", "    public init() {}", ""]
        if !fields.isEmpty { lines += memberwise.map { "    " + $0 } + [""] }
        lines += function("init(_ r: inout WireReader)", "r", readBody)
        lines.append("")
        lines += function("func write(_ w: inout WireWriter)", "w", writeBody)
        return lines + ["}"]
    }

    private var schema: [String] {
        let key = message.key.map { "\($0)" } ?? "nil"
        let flexible = message.flexible.map { "\($0.first)" } ?? "nil"
        return [
            "public static var schema: MessageSchema {",
            "    MessageSchema(",
            "        name: \"\(message.name)\", key: \(key),",
            "        versions: \(message.versions.first)...\(message.versions.last),"
                + " flexibleFrom: \(flexible))",
            "}",
        ]
    }

    private var memberwise: [String] {
        var lines = ["public init("]
        for (place, field) in fields.enumerated() {
            let comma = place + 1 < fields.count ? "," : ""
            lines.append("    \(field.name): \(field.swiftType) = \(field.standard)\(comma)")
        }
        lines.append(") {")
        lines += fields.map { "    self.\($0.name) = \($0.name)" }
        return lines + ["}"]
    }

    private func function(_ head: String, _ coder: String, _ body: [String]) -> [String] {
        let usesVersion = body.contains { line in
            ["v >= ", "v <= ", "v == "].contains { line.contains($0) }
        }
        let version = usesVersion ? ["        let v: Int16 = \(coder).version"] : []
        let lines = version + body.map { "        " + $0 }
        // In line, each body would stand a second time in the witness of its protocol.
        let declaration = "public \(head) throws(WireError) {"
        return ["    @inline(never)", "    \(declaration)"] + lines + ["    }"]
    }

    // MARK: Reading

    private var readBody: [String] {
        var body: [String] = []
        for code in plainFields {
            if let condition = code.field.versions.condition(within: structure.versions) {
                body.append("if \(condition) { \(code.read) }")
            } else {
                body.append(code.read)
            }
        }
        guard flexible != nil else { return body }
        if tagged.isEmpty { return body + ["try r.unknownTags(&unknownTags)"] }
        return body + (isAlwaysFlexible ? tagLoop : wrap("if r.isFlexible {", tagLoop))
    }

    private var tagLoop: [String] {
        var lines = [
            "var tags = try r.tags()", "while let tag = try r.next(&tags) {", "    switch tag {",
        ]
        for code in tagged {
            let condition = code.field.versions.condition(within: flexible ?? structure.versions)
            let guardText = condition.map { " where \($0)" } ?? ""
            lines.append("    case \(code.field.tag ?? 0)\(guardText): \(code.read)")
        }
        return lines + [
            "    default: try r.unknownTag(tag, &unknownTags)", "    }",
            "    try r.end(&tags)", "}",
        ]
    }

    // MARK: Writing

    private var writeBody: [String] {
        var body: [String] = []
        for code in plainFields {
            let condition = code.field.versions.condition(within: structure.versions)
            guard let condition else {
                body += code.write
                continue
            }
            body += wrap("if \(condition) {", code.write)
            if !code.field.isIgnorable {
                body[body.count - 1] +=
                    " else if \(code.differs) { throw w.absent(\"\(code.field.name)\") }"
            }
        }
        for code in tagged where !code.field.isIgnorable {
            if let condition = code.field.versions.condition(within: structure.versions) {
                body.append(
                    "if !(\(condition)), \(code.differs) { throw w.absent(\"\(code.field.name)\") }"
                )
            }
        }
        guard flexible != nil else { return body }
        if tagged.isEmpty { return body + ["try w.unknownTags(unknownTags)"] }
        return body + (isAlwaysFlexible ? tagWrites : wrap("if w.isFlexible {", tagWrites))
    }

    private var tagWrites: [String] {
        var lines = ["var tags = w.beginTags()"]
        for code in tagged {
            var conditions: [String] = []
            let condition = code.field.versions.condition(within: flexible ?? structure.versions)
            if let condition { conditions.append(condition) }
            conditions.append(code.differs)
            let body =
                ["w.begin(\(code.field.tag ?? 0), &tags)"] + code.write + ["w.end(&tags)"]
            lines += wrap("if \(conditions.joined(separator: ", ")) {", body)
        }
        return lines + ["try w.endTags(tags, unknownTags)"]
    }

    private func wrap(_ head: String, _ body: [String]) -> [String] {
        if body.count == 1 { return ["\(head) \(body[0]) }"] }
        return [head] + body.map { "    " + $0 } + ["}"]
    }
}
