/// Finds the rows of a request by what they name, so that each is taken once. While rows are few,
/// as they mostly are, their names are held one against the other where they stand; from then on
/// a table is kept, so that many take no more than their number.
struct PlaceTable<Key: Hashable> {
    private static var fewCountMax: Int { 8 }

    private var table: [Key: Int] = [:]

    /// The place of the row with `key` among the first `count`, whose keys differ; nil when none
    /// has it.
    /// - Parameter keyAt: the key of the row at a place, the same in each call.
    mutating func place(of key: Key, among count: Int, _ keyAt: (Int) -> Key) -> Int? {
        guard count > Self.fewCountMax else {
            for place in 0..<count where keyAt(place) == key { return place }
            return nil
        }
        for place in table.count..<count { table[keyAt(place)] = place }
        return table[key]
    }
}
