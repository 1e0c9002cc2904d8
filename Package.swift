// swift-tools-version: 6.2
import PackageDescription

#if canImport(Glibc)
    import Glibc
#endif

/// Every Swift target is built under the same rules; see docs/style.md.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

func names(_ list: [String]) -> [Target.Dependency] { list.map { .init(stringLiteral: $0) } }

func rung(
    _ name: String, _ imports: [String], path: String? = nil, excluding others: [String] = []
) -> Target {
    .target(
        name: name, dependencies: names(imports), path: path, exclude: ["README.md"] + others,
        swiftSettings: strict)
}

func command(
    _ name: String, _ imports: [String], path: String? = nil, linking: [LinkerSetting] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: names(imports), path: path, exclude: ["README.md"],
        swiftSettings: strict, linkerSettings: linking)
}

/// A program with Swift's runtime in it, and nothing for others to link to: what it takes of the
/// memory is mostly pages of programs; see Sources/VarveMain/README.md.
let alone: [LinkerSetting] = [
    .unsafeFlags(
        ["-static-stdlib", "-use-ld=lld", "-Xlinker", "--no-export-dynamic"] + shortRelocations,
        .when(platforms: [.linux], configuration: .release))
]

/// Relocations in a hundredth of the space, where the C library can read them: glibc 2.36 on.
var shortRelocations: [String] {
    #if canImport(Glibc)
        // "glibc 2.36"
        var text = [CChar](repeating: 0, count: 64)
        _ = confstr(Int32(_CS_GNU_LIBC_VERSION), &text, text.count)
        let digits = text.split(whereSeparator: { !(48...57).contains($0) })
        let numbers = digits.map { $0.reduce(0) { $0 * 10 + Int($1) - 48 } }
        guard numbers.count > 1, numbers[0] == 2, numbers[1] >= 36 else { return [] }
        return ["-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"]
    #else
        return []
    #endif
}

func tests(
    _ name: String, _ imports: [String], excluding: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: names(imports), exclude: excluding, resources: resources,
        swiftSettings: strict)
}

func library(_ name: String, pkgConfig: String, debian: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debian])])
}

let package = Package(
    name: "varve",
    products: [
        .library(name: "Varve", targets: ["Varve"]),
        .library(name: "VarveLog", targets: ["VarveLog", "VarveLinux"]),
        .library(name: "VarveTesting", targets: ["VarveTesting"]),
        .executable(name: "varve", targets: ["VarveMain"]),
        .executable(name: "varve-kill", targets: ["VarveKill"]),
        .executable(name: "varve-prove", targets: ["VarveProve"]),
        .executable(name: "varve-fuzz", targets: ["VarveFuzzer"]),
        .executable(name: "varve-count", targets: ["VarveCount"]),
    ],
    targets: [
        // The ladder, bottom up: a rung imports named lower rungs only, never sideways.
        .target(name: "CVarve", exclude: ["README.md"]),
        .target(name: "CBench", path: "Benchmarks/CBench"),
        .target(name: "CCount", path: "Tests/CCount", exclude: ["README.md"]),
        .target(
            name: "CFuzz", dependencies: ["CCount"], path: "Tests/CFuzz", exclude: ["README.md"]),
        .target(name: "CFault", path: "tools/CFault"),
        .systemLibrary(name: "CPrefetch"),
        library("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
        library("CISAL", pkgConfig: "libisal", debian: "libisal-dev"),
        library("CLZ4", pkgConfig: "liblz4", debian: "liblz4-dev"),
        library("CZstd", pkgConfig: "libzstd", debian: "libzstd-dev"),
        library("CSnappy", pkgConfig: "snappy", debian: "libsnappy-dev"),
        rung("VarveTerms", []),
        rung("VarveBytes", ["VarveTerms", "CVarve"]),
        rung("VarveSystem", ["VarveTerms"]),
        rung(
            "VarveRecords",
            ["VarveTerms", "VarveBytes", "CZlib", "CISAL", "CLZ4", "CZstd", "CSnappy"]),
        rung("VarveTransport", ["VarveTerms", "VarveBytes", "VarveSystem"]),
        rung("VarveWire", ["VarveTerms", "VarveBytes"], excluding: ["Schemas"]),
        rung(
            "VarveSim", ["VarveTerms", "VarveBytes", "VarveSystem", "VarveTransport"],
            path: "Tests/VarveSim"),
        rung("VarveSeeds", ["VarveSim"], path: "Tests/VarveSeeds"),
        rung("VarveLinux", ["VarveTerms", "VarveSystem", "CVarve"]),
        rung(
            "VarveLog",
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "CPrefetch"]),
        rung("VarveGroups", ["VarveTerms", "VarveBytes"]),
        rung("VarveTransactions", ["VarveTerms", "VarveRecords"]),
        rung("VarveShares", ["VarveTerms"]),
        rung(
            "VarveSockets",
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveTransport", "CVarve"]),
        rung(
            "VarveClient",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveTransport",
                "VarveWire",
            ]),
        rung(
            "VarveProof",
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveSim", "VarveRecords", "VarveLog"],
            path: "Tests/VarveProof"),
        rung(
            "Varve",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "CVarve",
            ]),
        rung("VarveMetadata", ["VarveTerms", "VarveBytes", "VarveWire"]),
        rung("VarveController", ["VarveTerms", "VarveWire", "VarveMetadata"]),
        rung(
            "VarveBroker",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLog",
                "VarveWire", "VarveTransport", "VarveGroups", "VarveTransactions",
                "VarveShares", "VarveMetadata", "VarveController",
            ]),
        rung(
            "VarveTesting",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveWire", "VarveTransport", "VarveSockets", "VarveSim", "Varve", "VarveBroker",
            ]),
        rung(
            "VarveFuzz",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveWire", "VarveSim",
                "VarveLog", "VarveTransport", "VarveTesting", "CFuzz",
            ], path: "Tests/VarveFuzz"),
        rung(
            "VarveCounters",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveTransport", "VarveWire", "VarveSockets", "VarveSim", "VarveBroker", "Varve",
                "CCount",
            ], path: "Tests/VarveCounters"),
        rung(
            "VarveBench",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveTransport", "VarveWire", "VarveSockets", "VarveBroker", "Varve", "CVarve",
                "CBench", "CZlib", "CLZ4",
            ], path: "Benchmarks/VarveBench"),
        rung(
            "VarveCommand",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "VarveTransport", "VarveWire", "VarveSockets", "VarveClient", "VarveBroker",
                "Varve", "CVarve", "VarveBench",
            ]),
        command("VarveMain", ["VarveLinux", "VarveCommand"], linking: alone),
        command(
            "VarveKill",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux", "VarveLog",
                "Varve", "CFault", "VarveSim", "VarveProof",
            ], path: "tools/varve-kill"),
        command(
            "VarveProve", ["VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux", "VarveProof"],
            path: "tools/varve-prove"),
        command(
            "VarveFuzzer",
            [
                "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux",
                "VarveFuzz", "CFuzz",
            ], path: "tools/varve-fuzz"),
        command("VarveCount", ["VarveCounters"], path: "tools/varve-count"),
        command(
            "WireGenerator", ["VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux"],
            path: "tools/wiregen"),

        // Tests, in the order of the rungs that they mirror.
        tests("VarveTermsTests", ["VarveTerms", "VarveSeeds"]),
        tests("VarveBytesTests", ["VarveTerms", "VarveBytes", "CVarve", "VarveSeeds"]),
        tests("VarveSystemTests", ["VarveTerms", "VarveSystem"]),
        tests(
            "VarveSimTests",
            ["VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux", "VarveSim"]),
        tests("VarveRecordsTests", ["VarveRecords", "VarveBytes", "VarveTerms"]),
        tests(
            "VarveTransportTests",
            ["VarveTransport", "VarveTerms", "VarveBytes", "VarveSystem", "VarveSim"]),
        tests(
            "VarveWireTests",
            ["VarveWire", "WireGenerator", "VarveRecords", "VarveTerms", "VarveBytes"]),
        tests(
            "VarveLinuxTests", ["VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux", "CVarve"]),
        tests(
            "VarveLogTests",
            [
                "VarveLog", "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveLinux",
                "VarveSim",
            ]),
        tests(
            "VarveGroupsTests",
            ["VarveGroups", "VarveTerms", "VarveBytes", "VarveRecords", "VarveSeeds"]),
        tests(
            "VarveTransactionsTests", ["VarveTransactions", "VarveTerms", "VarveRecords"]),
        tests("VarveSharesTests", ["VarveShares", "VarveTerms", "VarveSeeds"]),
        tests(
            "VarveMetadataTests", ["VarveMetadata", "VarveTerms", "VarveBytes", "VarveWire"]),
        tests(
            "VarveControllerTests",
            ["VarveController", "VarveMetadata", "VarveWire", "VarveTerms"]),
        tests(
            "VarveBrokerTests",
            [
                "VarveBroker", "VarveMetadata", "VarveLog", "VarveTerms", "VarveBytes",
                "VarveSystem", "VarveRecords", "VarveWire", "VarveTransport", "VarveSim",
                "VarveTesting", "VarveGroups", "VarveTransactions",
            ]),
        tests(
            "VarveSocketsTests",
            [
                "VarveSockets", "VarveTransport", "VarveTerms", "VarveBytes", "VarveSystem",
                "VarveLinux", "VarveSim",
            ]),
        tests(
            "VarveClientTests",
            [
                "VarveClient", "VarveTransport", "VarveWire", "VarveRecords", "VarveSystem",
                "VarveBytes", "VarveTerms", "VarveSim",
            ]),
        tests(
            "VarveTests",
            [
                "Varve", "VarveLog", "VarveRecords", "VarveTerms", "VarveSystem",
                "VarveBytes", "VarveLinux", "VarveSim",
            ]),
        tests(
            "VarveTestingTests",
            [
                "VarveTesting", "VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux",
                "VarveWire", "VarveTransport", "VarveSim", "VarveBroker",
            ]),
        tests(
            "VarveBenchTests",
            ["VarveBench", "VarveTerms", "VarveBytes", "VarveSystem", "VarveLinux", "VarveLog"]),
        tests("CounterTests", ["VarveCounters"]),
        tests(
            "ScheduleTests",
            [
                "VarveTesting", "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords",
                "VarveLog", "VarveWire", "VarveSim", "VarveTransport", "VarveGroups",
                "VarveBroker",
            ]),
        tests(
            "SimulationTests",
            [
                "VarveProof", "VarveLog", "VarveTerms", "VarveBytes", "VarveSystem",
                "VarveRecords", "VarveSim",
            ]),
        tests(
            "KillTests",
            [
                "VarveKill", "VarveLinux", "VarveLog", "VarveRecords", "VarveSystem", "VarveTerms",
                "VarveProof",
            ]),
        tests(
            "FuzzTests", ["VarveFuzz", "VarveLinux", "VarveSystem", "VarveTerms"]),
        tests(
            "GoldenTests",
            [
                "VarveLog", "VarveTerms", "VarveBytes", "VarveSystem", "VarveRecords", "VarveSim",
                "VarveWire", "VarveTransport", "VarveMetadata", "VarveBroker",
            ]),
        tests(
            "CommandTests", ["VarveCommand", "VarveTerms", "VarveBytes"],
            excluding: ["Clients/Programs"]),
        tests("TidyTests", []),
    ]
)
