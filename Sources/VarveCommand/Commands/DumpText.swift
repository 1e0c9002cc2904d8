internal import VarveBytes
internal import VarveRecords

/// How `varve dump` writes bytes and numbers.
enum DumpText {
    /// Text in quotes where the bytes are UTF-8 without control characters, hex otherwise.
    static func bytes(_ bytes: RawSpan?) -> String {
        guard let bytes else { return "null" }
        let content = bytes.array()
        guard let text = String(validating: content, as: UTF8.self),
            !text.unicodeScalars.contains(where: isHidden)
        else {
            return "0x" + content.map { digits($0) }.joined()
        }
        let escaped = text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"" + String(escaped) + "\""
    }

    /// Whether a terminal would not show a scalar, or do something on seeing it.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            true
        default: false
        }
    }

    static func hex(_ number: UInt32) -> String {
        let text = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - text.count) + text
    }

    private static func digits(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }

    static func name(of kind: ControlRecord.Kind) -> String {
        switch kind {
        case .abort: "ABORT"
        case .commit: "COMMIT"
        case .leaderChange: "LEADER_CHANGE"
        case .snapshotHeader: "SNAPSHOT_HEADER"
        case .snapshotFooter: "SNAPSHOT_FOOTER"
        case .kraftVersion: "KRAFT_VERSION"
        case .kraftVoters: "KRAFT_VOTERS"
        case .unknown(let number): "control type \(number)"
        }
    }
}

extension ByteBuffer {
    /// Appends bytes as a JSON string of hex digits, or `null`.
    mutating func appendHexJSON(_ bytes: RawSpan?) {
        guard let bytes else { return append("null") }
        append(UInt8(ascii: "\""))
        for place in 0..<bytes.byteCount {
            let byte = bytes.uint8(at: place)
            append(Self.digit(byte >> 4))
            append(Self.digit(byte & 15))
        }
        append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
