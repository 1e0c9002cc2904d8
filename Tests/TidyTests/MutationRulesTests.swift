import Testing

@Suite("planted bugs")
struct MutationRulesTests {
    private let modules = Repository.texts.filter { $0.isSwift && $0.isUnder("Sources") }

    @Test("a hook outside of its condition is found")
    func openHook() {
        let text = """
            #if VARVE_PLANTED_BUGS
                if PlantedBug.noFlush.isPlanted { return }
            #else
                if PlantedBug.noFlush.isPlanted { return }
            #endif
            #if os(Linux)
                if PlantedBug.noFlush.isPlanted { return }
            #endif
            // PlantedBug is named here.
            """
        let findings = MutationRules.openHooks(in: SourceText("Sources/A.swift", text))
        #expect(findings.map(\.line) == [4, 7])
    }

    @Test("no planted bug stands in ordinary builds")
    func openHooks() {
        let findings = modules.flatMap(MutationRules.openHooks)
        #expect(findings == [])
    }

    @Test("only the command that plants bugs sets their flag")
    func flag() {
        let setting = Repository.texts.filter { source in
            source.text.contains("-D" + MutationRules.flag) && !source.isMarkdown
                && !source.isUnder("Sources", "Tests")
        }
        #expect(setting.map(\.path) == ["tools/mutants"])
    }

    @Test("each bug has a case, a place in the code, and a row in the docs")
    func lists() throws {
        let cases = MutationRules.cases(
            in: try #require(Repository.text(MutationRules.list)))
        let rows = MutationRules.rows(in: try #require(Repository.text(MutationRules.table)))
        let others = modules.filter { $0.path != MutationRules.list }
        let hooked = Set(others.flatMap { MutationRules.hooks(in: $0).map(\.name) })
        #expect(cases.count >= 24)
        #expect(Set(cases.keys).symmetricDifference(hooked) == [])
        #expect(Set(cases.values).symmetricDifference(rows) == [])
        #expect(rows.count == Set(rows).count)
    }
}
