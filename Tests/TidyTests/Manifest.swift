/// What Package.swift declares, read from its text: the calls of `rung`, `command` and `library`
/// and the one C target.
struct Manifest: Hashable {
    /// Name → imports, and name → folder.
    var imports: [String: Set<String>] = [:]
    var folders: [String: String] = [:]
    var cLeaves: Set<String> = []

    init(_ text: String) {
        for call in Self.calls(of: ["rung", "command"], in: text) {
            guard let name = call.strings.first else { continue }
            imports[name] = Set(call.list)
            folders[name] = call.path ?? "Sources/\(name)"
        }
        cLeaves = Set(
            Self.calls(of: ["library", ".systemLibrary"], in: text).compactMap(\.strings.first))
        cLeaves.formUnion(
            Self.calls(of: [".target"], in: text).compactMap(\.strings.first)
                .filter { $0.hasPrefix("C") })
    }

    private struct Call {
        var strings: [String] = []
        /// The strings of the first list in brackets.
        var list: [String] = []
        /// The string after `path:`.
        var path: String?
    }

    /// The calls of the named functions, wherever a line starts with one.
    private static func calls(of names: [String], in text: String) -> [Call] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { place in
            let line = lines[place].drop { $0 == " " }
            guard names.contains(where: { line.hasPrefix($0 + "(") }) else { return nil }
            return call(in: line + "\n" + lines[(place + 1)...].joined(separator: "\n"))
        }
    }

    /// Reads one call up to the parenthesis that closes it.
    private static func call(in text: Substring) -> Call {
        var call = Call()
        var (parentheses, brackets, lists) = (0, 0, 0)
        var string: String?
        var before = ""
        for letter in text {
            if let open = string {
                guard letter == "\"" else {
                    string = open + String(letter)
                    continue
                }
                call.strings.append(open)
                if brackets > 0, lists == 1 { call.list.append(open) }
                if before.hasSuffix("path:") { call.path = open }
                (string, before) = (nil, "")
                continue
            }
            switch letter {
            case "\"": string = ""
            case "(": parentheses += 1
            case ")": parentheses -= 1
            case "[": (brackets, lists) = (brackets + 1, lists + 1)
            case "]": brackets -= 1
            default: if letter != " " { before.append(letter) }
            }
            if parentheses == 0 && letter == ")" { break }
        }
        return call
    }
}
