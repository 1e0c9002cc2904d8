/// The plots of families: for each family one for each unit of its curves.
public struct ScalePlots: Sendable {
    private let results: [ScaleResult]

    private static let colours = [
        "#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#b83280", "#4a5568", "#b7791f", "#0987a0",
    ]
    private static let grid = "#e2e8f0"

    public init(_ results: [ScaleResult]) { self.results = results }

    /// The drawings, each with the name of its file.
    public var files: [(name: String, text: String)] {
        results.flatMap { result in
            Self.parts.compactMap { part, units in
                plot(result, part, units).map {
                    ("\(result.family.name.replacing(".", with: "-"))-\(part).svg", $0)
                }
            }
        }
    }

    private static let parts: [(name: String, unit: ScaleUnit)] = [
        ("time", .seconds), ("memory", .bytes), ("held", .count), ("rate", .perSecond),
        ("throughput", .bytesPerSecond),
    ]

    private func plot(_ result: ScaleResult, _ part: String, _ unit: ScaleUnit) -> String? {
        let family = result.family
        let curves = family.curves.filter { $0.unit == unit }.map { curve in
            (
                name: curve.name,
                points: result.medians(of: curve).filter { $0.figure > 0 }.map {
                    (x: Double($0.size), y: $0.figure)
                }
            )
        }.filter { $0.points.count > 1 }
        guard !curves.isEmpty else { return nil }
        var axes = LogAxes(curves.flatMap(\.points), height: 420)
        let ticks = result.points.filter { Self.isTick($0.size, family.axisUnit) }.map {
            (x: Double($0.size), text: AxisText.text($0.size, family.axisUnit))
        }
        axes.drawGrid(
            Self.grid, ticks: ticks, title: "\(family.name): \(Self.title(unit))",
            axis: family.axis, text: unit.text)
        var names: [(name: String, colour: String, end: Double)] = []
        for (slot, curve) in curves.enumerated() {
            let colour = Self.colours[slot % Self.colours.count]
            axes.draw(curve.points, colour)
            names.append((curve.name, colour, curve.points.last?.y ?? 1))
        }
        axes.name(names)
        return axes.plot.document
    }

    /// Whether a size has its number on the axis; sizes stand too close for all of them.
    private static func isTick(_ size: Int, _ unit: ScaleFamily.AxisUnit) -> Bool {
        guard unit == .count, size > 64 else { return true }
        return String(size).dropFirst().allSatisfy { $0 == "0" }
    }

    private static func title(_ unit: ScaleUnit) -> String {
        switch unit {
        case .seconds: "time for one"
        case .bytes: "memory for one"
        case .count: "held in all"
        case .perSecond: "in a second"
        case .bytesPerSecond: "bytes in a second"
        }
    }
}
