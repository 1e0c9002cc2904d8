/// One module of the ladder and what it may import.
struct Rung: Hashable {
    var name: String
    /// How high it stands; imports only ever go to lower rungs.
    var height: Int
    var imports: Set<String>
    /// Modules of the system, beyond those that every rung may import.
    var system: Set<String> = []
    /// Where its files lie.
    var folder: String

    init(
        _ name: String, _ height: Int, _ imports: Set<String>, system: Set<String> = [],
        folder: String? = nil
    ) {
        (self.name, self.height, self.imports, self.system) = (name, height, imports, system)
        self.folder = folder ?? "Sources/\(name)"
    }
}

/// The table of docs/style.md: which module may import which. It repeats the manifest, because
/// the compiler takes an undeclared import of a module that happens to be built.
enum Ladder {
    static let cLeaves: Set<String> = [
        "CVarve", "CPrefetch", "CBench", "CCount", "CFuzz", "CFault", "CZlib", "CISAL", "CLZ4",
        "CZstd", "CSnappy",
    ]

    static let rungs: [Rung] = [
        Rung("VarveTerms", 0, []),
        Rung("VarveBytes", 1, ["VarveTerms", "CVarve"]),
        Rung("VarveSystem", 1, ["VarveTerms"]),
        Rung(
            "VarveRecords", 2,
            ["VarveTerms", "VarveBytes", "CZlib", "CISAL", "CLZ4", "CZstd", "CSnappy"]),
        Rung("VarveTransport", 2, ["VarveTerms", "VarveBytes", "VarveSystem"]),
        Rung("VarveWire", 2, ["VarveTerms", "VarveBytes"]),
        Rung(
            "VarveSim", 3, ["VarveTerms", "VarveBytes", "VarveSystem", "VarveTransport"],
            folder: "Tests/VarveSim"),
        Rung(
            "VarveSeeds", 4, ["VarveSim"], system: ["Glibc"], folder: "Tests/VarveSeeds"),
        Rung("VarveLinux", 2, ["VarveTerms", "VarveSystem", "CVarve"], system: ["Glibc"]),
        Rung(
            "VarveLog", 3,
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "CPrefetch"]),
        Rung("VarveGroups", 3, ["VarveTerms", "VarveBytes"]),
        Rung("VarveTransactions", 3, ["VarveTerms", "VarveRecords"]),
        Rung("VarveShares", 3, ["VarveTerms"]),
        Rung(
            "VarveSockets", 3,
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveTransport", "CVarve"],
            system: ["Glibc"]),
        Rung(
            "VarveClient", 3,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveTransport",
                "VarveWire",
            ]),
        Rung(
            "VarveProof", 4,
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveSim", "VarveRecords", "VarveLog"],
            folder: "Tests/VarveProof"),
        Rung(
            "Varve", 4,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "CVarve",
            ]),
        Rung("VarveMetadata", 4, ["VarveTerms", "VarveBytes", "VarveWire"]),
        Rung("VarveController", 5, ["VarveTerms", "VarveWire", "VarveMetadata"]),
        Rung(
            "VarveBroker", 6,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLog",
                "VarveWire", "VarveTransport", "VarveGroups", "VarveTransactions",
                "VarveShares", "VarveMetadata", "VarveController",
            ]),
        Rung(
            "VarveTesting", 7,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveWire", "VarveTransport", "VarveSockets", "VarveSim", "Varve", "VarveBroker",
            ]),
        Rung(
            "VarveFuzz", 8,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveWire", "VarveSim",
                "VarveLog", "VarveTransport", "VarveTesting", "CFuzz",
            ], folder: "Tests/VarveFuzz"),
        Rung(
            "VarveCounters", 7,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveTransport", "VarveWire", "VarveSockets", "VarveSim", "VarveBroker", "Varve",
                "CCount",
            ], folder: "Tests/VarveCounters"),
        Rung(
            "VarveBench", 7,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveTransport", "VarveWire", "VarveSockets", "VarveBroker", "Varve", "CVarve",
                "CBench", "CZlib", "CLZ4",
            ], folder: "Benchmarks/VarveBench"),
        Rung(
            "VarveCommand", 8,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveTransport", "VarveWire", "VarveSockets", "VarveClient", "VarveBroker",
                "Varve", "CVarve", "VarveBench",
            ]),
        Rung("VarveMain", 9, ["VarveLinux", "VarveCommand"]),
        Rung(
            "VarveKill", 7,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "Varve", "CFault", "VarveSim", "VarveProof",
            ], folder: "tools/varve-kill"),
        Rung(
            "VarveProve", 7,
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux", "VarveProof"],
            folder: "tools/varve-prove"),
        Rung(
            "VarveFuzzer", 9,
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux",
                "VarveFuzz", "CFuzz",
            ], folder: "tools/varve-fuzz"),
        Rung("VarveCount", 8, ["VarveCounters"], folder: "tools/varve-count"),
        Rung(
            "WireGenerator", 7, ["VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux"],
            folder: "tools/wiregen"),
    ]

    /// What every rung may import; all of it comes with the compiler and touches nothing outside.
    static let everywhere: Set<String> = ["Swift", "Synchronization", "_Concurrency"]

    /// A table is a ladder when each import goes to a module of a lower rung, or to a C leaf.
    static func climbs(in rungs: [Rung]) -> [String] {
        let heights = Dictionary(uniqueKeysWithValues: rungs.map { ($0.name, $0.height) })
        return rungs.flatMap { rung in
            rung.imports.sorted().compactMap { name in
                if cLeaves.contains(name) { return nil }
                guard let height = heights[name] else { return "\(rung.name) → \(name): unknown" }
                return height < rung.height ? nil : "\(rung.name) → \(name): not a lower rung"
            }
        }
    }
}
