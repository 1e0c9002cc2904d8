import Testing

/// The tree itself, against every rule. A failure names file and line.
@Suite("the tree")
struct TreeTests {
    private func expectNone(_ findings: [Finding]) {
        for finding in findings { Issue.record("\(finding.description)") }
    }

    /// The rule over each file of `sources`.
    private func check(_ sources: [SourceText], _ rule: (SourceText) -> [Finding]) {
        #expect(!sources.isEmpty, "no file to look at: the walk over the tree is broken")
        expectNone(sources.flatMap(rule))
    }

    private let swift = Repository.swift
    private let moduleSwift = Repository.texts.filter { $0.isSwift && $0.isUnder("Sources") }

    @Test("the walk over the tree reaches every corner")
    func walk() {
        let corners = [
            "Package.swift", ".ci/run", ".swift-format", "tools/test", "docs/terms.md",
            "docs/decisions/README.md", "Sources/CVarve/include/CVarve.h",
            "Tests/TidyTests/TreeTests.swift",
        ]
        #expect(corners.filter { !Repository.paths.contains($0) } == [])
    }

    @Test("the ladder only goes down")
    func ladderClimbs() { #expect(Ladder.climbs(in: Ladder.rungs) == []) }

    @Test("the manifest declares the ladder of the table")
    func manifestIsLadder() throws {
        let manifest = Manifest(try #require(Repository.text("Package.swift")).text)
        let differences = ImportRule.differences(
            between: manifest, and: Ladder.rungs, cLeaves: Ladder.cLeaves)
        expectNone(differences.map { Finding(path: "Package.swift", line: 1, text: $0) })
    }

    @Test("modules import what the ladder allows")
    func imports() {
        let modules = swift.filter { source in
            source.isUnder("Sources") || Ladder.rungs.contains { source.isUnder($0.folder) }
        }
        check(modules) { ImportRule.findings(in: $0) }
    }

    @Test("files are short")
    func longFiles() { check(swift, SizeRules.longFile) }

    @Test("functions are short")
    func longFunctions() { check(swift, SizeRules.longFunctions) }

    @Test("lines are short")
    func longLines() { check(swift, SizeRules.longLines) }

    @Test("types are named after what they hold")
    func typeNames() { check(swift, NameRules.typeNames) }

    @Test("files are named after what they hold")
    func fileNames() {
        let named = Repository.texts.filter {
            $0.isUnder("Sources", "Tests", "Benchmarks", "tools")
                && [".swift", ".c", ".h"].contains(where: $0.path.hasSuffix)
        }
        check(named, NameRules.fileNames)
    }

    @Test("no note promises work")
    func notes() {
        let code = Repository.texts.filter { !$0.isMarkdown && !$0.isUnder("Tests/Fixtures") }
        check(code, CodeRules.notes)
    }

    @Test("no error from outside can trap")
    func traps() { check(swift, CodeRules.traps) }

    @Test("every @unchecked Sendable gives its reason")
    func uncheckedSendable() { check(swift, CodeRules.uncheckedSendable) }

    @Test("modules neither print nor sleep")
    func printingAndSleeping() { check(moduleSwift, CodeRules.printingAndSleeping) }

    @Test("no build drops the preconditions")
    func uncheckedBuilds() {
        check(Repository.texts.filter { !$0.isMarkdown }, CodeRules.uncheckedBuilds)
    }

    @Test("every module has a short README")
    func moduleReadmes() { expectNone(DocumentRules.moduleReadmes(in: Repository.texts)) }

    @Test("links lead somewhere")
    func links() {
        check(Repository.texts.filter(\.isMarkdown)) {
            DocumentRules.deadLinks(in: $0, exists: Repository.exists)
        }
    }

    @Test("each term stands once, in order")
    func terms() {
        check(Repository.texts.filter { $0.path == "docs/terms.md" }, DocumentRules.terms)
    }

    @Test("no file speaks of one machine")
    func machines() { check(Repository.texts, PlaceRules.findings) }
}
