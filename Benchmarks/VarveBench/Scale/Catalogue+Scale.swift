/// What things cost as the work around them grows.
extension Catalogue {
    public static let scales: [ScaleFamily] = [
        RecordsScale.family, AppendersScale.family, ReadersScale.family, LogsScale.family,
        SegmentsScale.family, ConnectionsScale.family, PartitionsScale.family,
    ]

    /// The families with `filter` in their names; all for nil.
    /// - Throws: `.nothingMatches` when there is none.
    public static func chooseScales(_ filter: String?) throws(BenchError) -> [ScaleFamily] {
        guard let filter else { return scales }
        let chosen = scales.filter { $0.name.contains(filter) }
        guard !chosen.isEmpty else { throw .nothingMatches(filter: filter) }
        return chosen
    }
}
