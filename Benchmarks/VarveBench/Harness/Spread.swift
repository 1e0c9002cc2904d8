/// Smallest, middle and largest of some figures.
public struct Spread: Hashable, Sendable {
    public var min: Double
    public var median: Double
    public var max: Double

    /// - Precondition: there is at least one figure.
    init(_ figures: [Double]) {
        precondition(!figures.isEmpty, "no figures")
        let sorted = figures.sorted()
        min = sorted[0]
        max = sorted[sorted.count - 1]
        let middle = sorted.count / 2
        median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
