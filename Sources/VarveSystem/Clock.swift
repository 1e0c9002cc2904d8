public import VarveTerms

/// Where time comes from. Deciding code never asks: it is handed an `Instant` or a `Timestamp`.
public protocol Clock: AnyObject, Sendable {
    /// Never goes back.
    func now() -> Instant
    /// The wall clock, which people and NTP move as they like.
    func wallClock() -> Timestamp
}

/// Where random bits come from: for names and ids, never for decisions of the engine.
public protocol Randomness: AnyObject, Sendable {
    func next() -> UInt64
}

extension Randomness {
    /// A random id that is not one of Kafka's reserved ones (0 and 1).
    public func uniqueID() -> UniqueID {
        while true {
            // Bits of version 4, variant 1 (RFC 9562 §5.4), as Kafka's random ids have them.
            let high = next() & ~0xF000 | 0x4000
            let low = next() & ~(0b11 << 62) | 0b10 << 62
            let id = UniqueID(high: high, low: low)
            // Kafka draws again when the text would start like an option of a command.
            if !id.description.hasPrefix("-") { return id }
        }
    }
}
