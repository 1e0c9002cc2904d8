/// A 128-bit random name, as Kafka gives to topics, directories and clusters. Written as 22
/// letters of URL-safe base64 without padding (`p9aCe57zTUWeOxolgikxYQ`).
@frozen
public struct UniqueID: Hashable, Sendable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// All zero: Kafka's "no id".
    public static var zero: UniqueID { UniqueID(high: 0, low: 0) }

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads Kafka's base64 form.
    /// - Returns: nil unless `text` is 22 letters of the alphabet that name exactly 128 bits.
    public init?(base64 text: some StringProtocol) {
        let letters = Array(text.utf8)
        guard letters.count == 22 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (place, letter) in letters.enumerated() {
            guard let value = Self.value(of: letter) else { return nil }
            guard place < 21 else {
                // 21 letters name 126 bits, so the last one may only use its two upper bits.
                guard value & 0b1111 == 0 else { return nil }
                (high, low) = (high << 2 | low >> 62, low << 2 | UInt64(value >> 4))
                break
            }
            (high, low) = (high << 6 | low >> 58, low << 6 | UInt64(value))
        }
        self.init(high: high, low: low)
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func value(of letter: UInt8) -> UInt8? {
        alphabet.firstIndex(of: letter).map { UInt8($0) }
    }
}

extension UniqueID: CustomStringConvertible {
    /// Kafka's base64 form.
    public var description: String {
        var letters: [UInt8] = []
        for place in 0..<22 {
            let shift = 128 - 6 * (place + 1)
            let value: UInt64
            if shift >= 64 {
                value = high >> UInt64(shift - 64)
            } else if shift > 58 {
                value = high << UInt64(64 - shift) | low >> UInt64(shift)
            } else if shift >= 0 {
                value = low >> UInt64(shift)
            } else {
                value = low << 4
            }
            letters.append(Self.alphabet[Int(value & 63)])
        }
        return String(decoding: letters, as: UTF8.self)
    }
}
