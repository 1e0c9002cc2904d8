internal import VarveBytes

/// A JSON value (RFC 8259) for answers of a few fields; members stay in the order in which they
/// are written down. Records go through `ByteBuffer.appendJSON…`, without values in between.
enum JSON {
    case null
    case flag(Bool)
    case number(Int64)
    case fraction(Double)
    case text(String)
    case list([JSON])
    case object([Member])

    struct Member {
        var name: String
        var value: JSON
    }

    /// The value as one line, without an end of line.
    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .null: buffer.append("null")
        case .flag(let flag): buffer.append(flag ? "true" : "false")
        case .number(let number): buffer.append("\(number)")
        // JSON has no infinity and no NaN.
        case .fraction(let number): buffer.append(number.isFinite ? "\(number)" : "null")
        case .text(let text): buffer.appendJSON(text: text)
        case .list(let values):
            buffer.append(UInt8(ascii: "["))
            for (place, value) in values.enumerated() {
                if place > 0 { buffer.append(UInt8(ascii: ",")) }
                value.write(to: &buffer)
            }
            buffer.append(UInt8(ascii: "]"))
        case .object(let members):
            buffer.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer.appendJSON(text: member.name)
                buffer.append(UInt8(ascii: ":"))
                member.value.write(to: &buffer)
            }
            buffer.append(UInt8(ascii: "}"))
        }
    }

    static func count(_ count: Int) -> JSON { .number(Int64(count)) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral number: Int64) { self = .number(number) }
    init(booleanLiteral flag: Bool) { self = .flag(flag) }
    init(nilLiteral: ()) { self = .null }
    init(arrayLiteral values: JSON...) { self = .list(values) }
    init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(members.map { Member(name: $0.0, value: $0.1) })
    }
}
