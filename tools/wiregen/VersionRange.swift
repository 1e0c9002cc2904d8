/// Versions of one message, from the first to the last.
struct VersionRange: Hashable {
    var first: Int
    var last: Int

    /// Reads `3-13`, `12+`, `-11` or `7`; the open end is that of `whole`.
    init?(_ text: Substring, within whole: VersionRange? = nil) {
        let isOpenAbove = text.hasSuffix("+")
        let body = isOpenAbove ? text.dropLast() : text
        let parts = body.split(separator: "-", omittingEmptySubsequences: false)
        switch (parts.count, isOpenAbove) {
        case (1, true):
            guard let first = Int(parts[0]), let whole else { return nil }
            self.init(first, whole.last)
        case (1, false):
            guard let only = Int(parts[0]) else { return nil }
            self.init(only, only)
        case (2, false):
            guard let last = Int(parts[1]) else { return nil }
            guard let first = parts[0].isEmpty ? whole?.first : Int(parts[0]) else { return nil }
            self.init(first, last)
        default: return nil
        }
        guard first <= last, first >= (whole?.first ?? 0), last <= (whole?.last ?? last) else {
            return nil
        }
    }

    init(_ first: Int, _ last: Int) { (self.first, self.last) = (first, last) }

    func contains(_ version: Int) -> Bool { version >= first && version <= last }

    /// The Swift condition that holds in these versions and no other of `whole`; nil where it
    /// always holds.
    func condition(within whole: VersionRange) -> String? {
        let isFromStart = first <= whole.first
        let isToEnd = last >= whole.last
        switch (isFromStart, isToEnd) {
        case (true, true): return nil
        case (false, true): return "v >= \(first)"
        case (true, false): return "v <= \(last)"
        case (false, false):
            return first == last ? "v == \(first)" : "v >= \(first) && v <= \(last)"
        }
    }
}
