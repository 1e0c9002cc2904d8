/// What a family came to.
public struct ScaleResult: Sendable {
    public let family: ScaleFamily
    public internal(set) var points: [ScalePoint] = []
    /// The share of all processors that other processes took meanwhile, from 0 to 1.
    public internal(set) var foreignLoad = 0.0
    /// Why larger sizes were left out; nil when none was.
    public internal(set) var shortfall: String?

    init(_ family: ScaleFamily) { self.family = family }

    /// The medians of a curve, by size.
    func medians(of curve: ScaleCurve) -> [(size: Int, figure: Double)] {
        points.compactMap { point in
            point.values[curve.name].map { (point.size, Spread($0.map(\.figure)).median) }
        }
    }

    /// How much worse a curve gets: the largest ratio between a point and the best one before it,
    /// 1 when it only gets better. Nil with less than two points, and where none is better.
    func bend(of curve: ScaleCurve) -> ScaleBend? {
        let medians = medians(of: curve).filter { $0.figure > 0 }
        guard let isCost = curve.unit.isCost, var best = medians.first, medians.count > 1 else {
            return nil
        }
        var worst = ScaleBend(factor: 1, from: best.size, to: best.size)
        for point in medians.dropFirst() {
            let ratio = point.figure / best.figure
            let factor = isCost ? ratio : 1 / ratio
            if factor > worst.factor {
                worst = ScaleBend(factor: factor, from: best.size, to: point.size)
            }
            if factor < 1 { best = point }
        }
        return worst
    }
}

/// The figures at one size.
public struct ScalePoint: Sendable {
    public let size: Int
    /// Of each round, by the name of the curve; never empty.
    public internal(set) var values: [String: [ScaleValue]] = [:]
}

/// How much worse a curve gets on its way.
public struct ScaleBend: Hashable, Sendable {
    public var factor: Double
    public var from: Int
    public var to: Int
}
