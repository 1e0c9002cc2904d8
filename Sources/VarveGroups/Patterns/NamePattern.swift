/// A regular expression that whole names are held against: RE2's syntax, in time that grows with
/// its size and the name's, whatever it says.
public struct NamePattern {
    private let pattern: TopicPattern

    /// - Returns: nil when the text is no expression, or one that is too large.
    public init?(_ text: String) {
        guard let pattern = try? TopicPattern(text) else { return nil }
        self.pattern = pattern
    }

    /// Whether the whole of a name matches.
    /// - Complexity: O(characters × size of the expression)
    public func matches(_ name: String) -> Bool { pattern.matches(name) }
}
