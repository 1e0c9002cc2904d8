/// Where a share group begins in a partition of which it has done nothing:
/// `share.auto.offset.reset`.
public enum InitialPosition: Hashable, Sendable {
    case latest
    case earliest
    /// At the first record that is no older than so many milliseconds.
    case youngerThan(milliseconds: Int64)

    /// - Returns: nil for a text that says nothing of that.
    public init?(_ text: String) {
        switch text.lowercased() {
        case "latest": self = .latest
        case "earliest": self = .earliest
        case let text where text.hasPrefix("by_duration:"):
            guard let span = Self.milliseconds(String(text.dropFirst("by_duration:".count))) else {
                return nil
            }
            self = .youngerThan(milliseconds: span)
        default: return nil
        }
    }

    /// Reads `pNdTnHnMn.nS` of ISO 8601, in lower case.
    private static func milliseconds(_ text: String) -> Int64? {
        guard text.first == "p", text.count > 2 else { return nil }
        var total = 0.0
        var number = ""
        var units: Substring = "d"
        for letter in text.dropFirst() {
            if letter == "t", units.contains("d") || units == "", number.isEmpty {
                units = "hms"
            } else if letter.isNumber || letter == "." {
                number.append(letter)
            } else {
                guard let place = units.firstIndex(of: letter), let value = Double(number) else {
                    return nil
                }
                units = units[units.index(after: place)...]
                number = ""
                total +=
                    value * (letter == "d" ? 86_400 : letter == "h" ? 3600 : letter == "m" ? 60 : 1)
            }
        }
        guard number.isEmpty else { return nil }
        return Int64(exactly: (total * 1000).rounded())
    }
}
