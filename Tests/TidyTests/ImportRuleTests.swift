import Testing

@Suite("ImportRule")
struct ImportRuleTests {
    private let rungs = [
        Rung("Low", 0, []), Rung("High", 1, ["Low", "CVarve"], system: ["Glibc"]),
    ]

    private func lines(_ text: String, in path: String = "Sources/Low/A.swift") -> [Int] {
        ImportRule.findings(in: SourceText(path, text), rungs: rungs).map(\.line)
    }

    @Test(
        "every form of an import upward is refused",
        arguments: [
            "import High", "public import High", "internal import High", "package import High",
            "@testable import High", "@_exported public import High", "@preconcurrency import High",
            "@_spi(Testing) import High", "import struct High.Thing", "public import func High.f",
            "import High.Part", "#if os(Linux)\nimport High\n#endif", "import Swift; import High",
            "import Foundation", "import Glibc", "import CVarve", "import /* why */ High",
        ])
    func refused(_ text: String) { #expect(lines(text).count == 1) }

    @Test("the line is named")
    func line() { #expect(lines("// High\n\npublic import High\n") == [3]) }

    @Test("what the table allows passes")
    func allowed() {
        let text = "import Synchronization\npublic import Low\nimport CVarve\nimport Glibc"
        #expect(lines(text, in: "Sources/High/Deep/A.swift") == [])
        #expect(lines(#"// import High"# + "\nlet text = \"import High\"") == [])
        #expect(lines("#if canImport(High)\n#endif") == [])
    }

    @Test("a file outside of the ladder is refused")
    func unknownModule() { #expect(lines("", in: "Sources/Lower/A.swift") == [1]) }

    @Test("a table that imports sideways or upward is no ladder")
    func climbs() {
        #expect(Ladder.climbs(in: rungs) == [])
        #expect(Ladder.climbs(in: [Rung("A", 1, ["B"]), Rung("B", 1, [])]).count == 1)
        #expect(Ladder.climbs(in: [Rung("A", 1, ["B"]), Rung("B", 2, [])]).count == 1)
        #expect(Ladder.climbs(in: [Rung("A", 1, ["Z"])]).count == 1)
    }

    private let manifest = """
        func rung(_ name: String, _ imports: [String], path: String? = nil) -> Target {
            .target(name: name, exclude: ["README.md"])
        }
            .target(name: "CVarve", exclude: ["README.md"]),
            library("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
            rung("Low", []),
            rung(
                "High",
                [
                    "Low",
                    "CVarve",
                ]),
            command("Top", ["High"], path: "Benchmarks/Top"),
            tests("LowTests", ["Low"]),
        """

    @Test("the manifest is read call by call")
    func manifestText() {
        let read = Manifest(manifest)
        #expect(read.imports == ["Low": [], "High": ["Low", "CVarve"], "Top": ["High"]])
        #expect(read.folders["Top"] == "Benchmarks/Top")
        #expect(read.folders["Low"] == "Sources/Low")
        #expect(read.cLeaves == ["CVarve", "CZlib"])
    }

    @Test("each difference between manifest and table is told")
    func differences() {
        let top = Rung("Top", 2, ["High"], folder: "Benchmarks/Top")
        func differences(_ rungs: [Rung], cLeaves: Set<String> = ["CVarve", "CZlib"]) -> [String] {
            ImportRule.differences(between: Manifest(manifest), and: rungs, cLeaves: cLeaves)
        }
        #expect(differences(rungs + [top]) == [])
        #expect(differences(rungs).count == 1)
        #expect(differences(rungs + [top, Rung("New", 3, [])]).count == 1)
        #expect(differences(rungs + [Rung("Top", 2, ["High"])]).count == 1)
        #expect(differences(rungs + [Rung("Top", 2, [], folder: "Benchmarks/Top")]).count == 1)
        #expect(differences(rungs + [top], cLeaves: ["CVarve"]).count == 1)
    }
}
