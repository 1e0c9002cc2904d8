import Testing

@Suite("varve features")
struct FeaturesCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    @Test("what is asked wrongly ends with 2, and where no broker is with 3")
    func usage() throws {
        let lines = [
            "features": "one of describe, upgrade, downgrade",
            "features upgrade": "features upgrade needs NAME=LEVEL",
            "features upgrade share.version": "'share.version' is none",
            "features upgrade share.version=x": "'share.version=x' is none",
            "features upgrade share.version=99999": "'share.version=99999' is none",
            "features downgrade a=1 a=0": "a is given twice",
            "features upgrade a=1 --unsafe": "features upgrade has no option --unsafe",
        ]
        for (line, message) in lines {
            let outcome = try shell.varve(line)
            #expect(outcome.code == 2, "\(line)")
            #expect(outcome.errors.contains(message), "\(line): \(outcome.errors)")
        }
        for line in ["describe", "upgrade a=1", "downgrade a=0"] {
            #expect(try shell.varve("features \(line) --bootstrap localhost:1").code == 3)
        }
    }

    @Test("levels are shown, checked, changed both ways, and refused in the cluster's words")
    func levels() throws {
        let outcome = try shell.served(
            """
            features() { "$VARVE" features "$@" $B; }
            features upgrade nonsense.version=1; echo $?
            features upgrade group.version=9; echo $?
            features upgrade group.version=0; echo $?
            features describe | grep -E 'FEATURE|group|share' | sed 's/  */ /g'
            features downgrade share.version=0 --check-only
            features describe --json | grep share
            features downgrade share.version=0 group.version=0
            features describe --json | grep -E 'share|group'
            features upgrade group.version=1 --json
            features describe --json | grep -E 'share|group'
            """)
        #expect(
            outcome.output == """
                6
                6
                6
                FEATURE LEVEL MIN MAX
                group.version 1 0 1
                share.version 1 0 1
                {"feature":"share.version","level":1,"min":0,"max":1}
                {"feature":"group.version","level":0,"min":0,"max":1}
                {"feature":"share.version","level":0,"min":0,"max":1}
                {"feature":"group.version","level":1,"changed":true}
                {"feature":"group.version","level":1,"min":0,"max":1}
                {"feature":"share.version","level":0,"min":0,"max":1}

                """)
        let errors = outcome.errors.split(separator: "\n")
        try #require(errors.count == 6, "\(outcome.errors)")
        #expect(errors[..<3].allSatisfy { $0.hasPrefix("varve: features: The update failed ") })
        #expect(
            errors[3...] == [
                "share.version could be at level 0", "group.version is at level 0",
                "share.version is at level 0",
            ])
    }
}
