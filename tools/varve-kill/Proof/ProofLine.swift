internal import VarveBytes
internal import VarveLinux

/// What a proof tells on standard output, one JSON object a line: see docs/internals/proofs.md.
struct ProofLine: Hashable {
    var row: String
    var what: String
    var cases = 0
    var distinct = 0
    var seconds = 0.0
    var violations = 0
    var goal: Int
    var seed: UInt64
    var note = ""

    var text: String {
        let tenths = Int((seconds * 10).rounded())
        return "{\"row\":\(Self.quoted(row)),\"what\":\(Self.quoted(what)),\"cases\":\(cases),"
            + "\"distinct\":\(distinct),\"seconds\":\(tenths / 10).\(tenths % 10),"
            + "\"violations\":\(violations),\"goal\":\(goal),\"seed\":\(seed),"
            + "\"note\":\(Self.quoted(note))}"
    }

    /// The line that tells one violation, and the command that shows it again.
    static func violation(row: String, _ text: String, replay: String) -> String {
        "{\"row\":\(quoted(row)),\"violation\":\(quoted(text)),\"replay\":\(quoted(replay))}"
    }

    /// A JSON string (RFC 8259, section 7).
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    static func tell(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        try? LinuxStream.standardOutput.write(bytes.rawSpan)
    }
}
