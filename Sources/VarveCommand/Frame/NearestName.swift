/// Finds the name that was probably meant.
enum NearestName {
    /// The known name with the fewest letters to change; nil when none is near.
    static func find(_ word: String, among names: [String]) -> String? {
        // Longer words only cost time: no name is that long.
        guard word.utf8.count <= 40 else { return nil }
        let nearest = names.map { (name: $0, distance: distance(word, $0)) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let nearest, nearest.distance <= max(1, nearest.name.utf8.count / 3) else {
            return names.first { $0.hasPrefix(word) && word.utf8.count > 2 }
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
