/// Why a message was not decoded or not encoded, and where.
public struct WireError: Error, Hashable, Sendable {
    public enum Problem: Hashable, Sendable {
        /// The bytes end inside a value.
        case truncated
        /// An array cannot have this many elements in the bytes that are left.
        case badCount(Int)
        /// A string or a run of bytes has a size that is negative, past the end or too great; or
        /// a tagged field does not have the size that it announces.
        case badLength(Int)
        /// A varint of more than 32 bits, or a flag that is neither absent nor present.
        case badVarint
        case nullNotAllowed
        case badUTF8
        /// Tagged fields stand in another than ascending order.
        case badTag(UInt32)
        /// No API has this key.
        case unknownAPI(Int16)
        case unsupportedVersion(Int16)
        /// A value of the metadata log has another frame version than 1.
        case unknownFrame(UInt32)
        /// No record of the metadata log has this key.
        case unknownRecord(UInt32)
        /// Decoded, the message would take more memory than the reader was given.
        case overBudget
        /// Bytes follow the last field.
        case trailingBytes(Int)
        /// The version lacks the field, and leaving its value out would change the meaning.
        case fieldNotInVersion(Int16)
        /// A text, an array or a frame is longer than its length field can tell.
        case tooLong(Int)
    }

    public var problem: Problem
    /// The message, `FetchRequest`; empty before one has begun.
    public var message: String
    /// The field by Kafka's name; empty where it concerns no field.
    public var field: String
    /// The byte, counted from the start of the reader's or the writer's bytes.
    public var position: Int

    public init(_ problem: Problem, message: String, field: String, position: Int) {
        self.problem = problem
        self.message = message
        self.field = field
        self.position = position
    }
}

extension WireError: CustomStringConvertible {
    public var description: String {
        let place = [message, field].filter { !$0.isEmpty }.joined(separator: ".")
        return "\(place) at byte \(position): \(problem)"
    }
}
