/// Finds the name that was probably meant, for messages about one that nobody has.
public enum NearestName {
    /// Longer words are no misspelt name, and comparing them takes time that a stranger would
    /// choose: the longest property of Kafka has 59 bytes.
    static let wordSizeMax = 80

    /// The known name with the fewest letters to change, when no more than a third of it has to
    /// be; else the first one that begins with the word, from three letters on.
    /// - Returns: nil when no name is near, or the word has more than 80 bytes.
    /// - Complexity: O(bytes of the word × bytes of all names).
    public static func find(_ word: String, among names: some Sequence<String>) -> String? {
        guard word.utf8.count <= wordSizeMax else { return nil }
        var nearest: (name: String, distance: Int)?
        var beginning: String?
        for name in names {
            if beginning == nil, name.hasPrefix(word) { beginning = name }
            let distance = distance(word, name)
            if let nearest, (nearest.distance, nearest.name) <= (distance, name) { continue }
            nearest = (name, distance)
        }
        guard let nearest, nearest.distance <= max(1, nearest.name.utf8.count / 3) else {
            return word.utf8.count > 2 ? beginning : nil
        }
        return nearest.name
    }

    /// How many letters must be added, removed or replaced (Levenshtein 1966).
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var row = Array(0...right.count)
        for (place, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for (column, other) in right.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
