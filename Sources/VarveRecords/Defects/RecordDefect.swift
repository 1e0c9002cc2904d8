/// What is wrong with one record of a batch.
public enum RecordDefect: Error, Hashable, Sendable {
    /// The field's varint ends outside the record or takes more bits than the field has.
    case varint(RecordField)
    /// The record says that it is `length` bytes long; it needs at least 6 after the length.
    case lengthTooSmall(Int32)
    /// The record says that it is `length` bytes long; only `available` remain.
    case lengthPastEnd(Int32, available: Int)
    /// The offset delta is not in `0...lastOffsetDelta`.
    case offsetDeltaOutside(Int32, lastOffsetDelta: Int32)
    /// The offset delta does not exceed the one before it.
    case offsetDeltaNotIncreasing(Int32, after: Int32)
    /// The offset delta of a new batch is not the record's place in it.
    case offsetDeltaNotConsecutive(Int32, expected: Int32)
    /// The base timestamp plus the delta is no 64-bit number.
    case timestampOverflow(base: Int64, delta: Int64)
    /// The field's length is negative where it may not be, or less than −1.
    case lengthNegative(RecordField, Int32)
    /// The field's length passes the end of the record.
    case fieldPastEnd(RecordField, length: Int32, available: Int)
    /// The number of headers is negative or more than the record's bytes could hold.
    case headerCount(Int32, available: Int)
    /// The record's fields end before its length does.
    case bytesLeft(Int)
}

/// A part of a record that a defect names.
public enum RecordField: String, Hashable, Sendable {
    case length
    case timestampDelta = "timestamp delta"
    case offsetDelta = "offset delta"
    case key, value
    case headerCount = "header count"
    case headerKey = "header key"
    case headerValue = "header value"
}

extension RecordDefect: CustomStringConvertible {
    public var description: String {
        switch self {
        case .varint(let field):
            "the \(field.rawValue) is no complete varint of its width"
        case .lengthTooSmall(let length):
            "its length is \(length), but the fields of a record take at least 6 bytes"
        case .lengthPastEnd(let length, let available):
            "its length is \(length), but only \(available) bytes remain in the batch"
        case .offsetDeltaOutside(let delta, let last):
            "its offset delta \(delta) is not within 0 to \(last)"
        case .offsetDeltaNotIncreasing(let delta, let previous):
            "its offset delta \(delta) does not exceed \(previous), the one before it"
        case .offsetDeltaNotConsecutive(let delta, let expected):
            "its offset delta is \(delta) where a new batch must have \(expected)"
        case .timestampOverflow(let base, let delta):
            "its timestamp, \(base) plus \(delta), does not fit 64 bits"
        case .lengthNegative(let field, let length):
            "the length of its \(field.rawValue) is \(length)"
        case .fieldPastEnd(let field, let length, let available):
            "its \(field.rawValue) takes \(length) bytes, but only \(available) remain in it"
        case .headerCount(let count, let available):
            "it counts \(count) headers in \(available) bytes"
        case .bytesLeft(let count):
            "\(count) bytes are left in it after its last field"
        }
    }
}
