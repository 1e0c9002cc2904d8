/// All that the families of a run came to, as tables and as JSON.
public struct ScaleReport: Sendable {
    public let options: BenchOptions
    public let machine: MachineFacts
    public let results: [ScaleResult]

    public init(options: BenchOptions, machine: MachineFacts, results: [ScaleResult]) {
        (self.options, self.machine, self.results) = (options, machine, results)
    }

    // MARK: Tables

    /// A family as a table: a row for each curve, a column for each size; the last one tells how
    /// much worse the curve gets behind its best point.
    public static func table(_ result: ScaleResult) -> String {
        let family = result.family
        var lines = ["\(family.name): by \(family.axis)"]
        let sizes = result.points.map { pad(AxisText.text($0.size, family.axisUnit), 10) }
        lines.append(pad("", 14) + sizes.joined() + pad("worse", 8))
        for curve in family.curves {
            let medians = result.medians(of: curve)
            guard !medians.isEmpty else { continue }
            let cells = result.points.map { point in
                medians.first { $0.size == point.size }.map { curve.unit.text($0.figure) } ?? "-"
            }
            let bend = result.bend(of: curve).map { "\(FigureText.ratio($0.factor))x" } ?? ""
            lines.append(
                "  " + padEnd(curve.name, 12) + cells.map { pad($0, 10) }.joined() + pad(bend, 8))
        }
        if let shortfall = result.shortfall { lines.append("  \(shortfall)") }
        lines.append("  others took \(FigureText.percent(result.foreignLoad))")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Every family with what its curves are.
    public static func list(_ families: [ScaleFamily]) -> String {
        families.map { family in
            let range = family.sizes.map { AxisText.text($0, family.axisUnit) }
            return "\(family.name), by \(family.axis): \(range.joined(separator: ", "))\n"
                + family.curves.map { "    \($0.name), \($0.unit.rawValue): \($0.measures)\n" }
                .joined()
        }.joined()
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private static func padEnd(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    // MARK: JSON

    /// The whole report in one line of JSON. Times are in seconds, sizes in bytes.
    public var json: String {
        JSONText.object([
            ("version", .integer(1)),
            ("size", .text(options.size.rawValue)),
            ("rounds", .integer(Int64(options.rounds))),
            ("seed", .text(String(options.seed))),
            ("machine", machine.json),
            ("families", .array(results.map(Self.json))),
        ]).line
    }

    private static func json(_ result: ScaleResult) -> JSONText {
        .object([
            ("name", .text(result.family.name)),
            ("axis", .text(result.family.axis)),
            ("axisUnit", .text(result.family.axisUnit.rawValue)),
            ("foreignLoad", .number(result.foreignLoad)),
            ("shortfall", .optional(result.shortfall)),
            ("curves", .array(result.family.curves.map { json($0, of: result) })),
        ])
    }

    private static func json(_ curve: ScaleCurve, of result: ScaleResult) -> JSONText {
        .object([
            ("name", .text(curve.name)),
            ("measures", .text(curve.measures)),
            ("unit", .text(curve.unit.rawValue)),
            ("worse", result.bend(of: curve).map { .number($0.factor) } ?? .null),
            (
                "points",
                .array(
                    result.points.compactMap { point in
                        point.values[curve.name].map { json($0, at: point.size) }
                    })
            ),
        ])
    }

    private static func json(_ values: [ScaleValue], at size: Int) -> JSONText {
        .object([
            ("size", .integer(Int64(size))),
            ("figures", .array(values.map { .number($0.figure) })),
            (
                "processorSeconds",
                .array(values.compactMap(\.processorTime).map { .number($0) })
            ),
        ])
    }
}

/// Sizes on an axis, as people read them.
enum AxisText {
    static func text(_ size: Int, _ unit: ScaleFamily.AxisUnit) -> String {
        switch unit {
        case .count: size < 10_000 ? "\(size)" : "\(size / 1000)k"
        case .bytes:
            if size >= 1 << 20 {
                "\(size >> 20) MiB"
            } else {
                size >= 1 << 10 ? "\(size >> 10) KiB" : "\(size) B"
            }
        }
    }
}
