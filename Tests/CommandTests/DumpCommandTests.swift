import Testing

@Suite("varve dump")
struct DumpCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    /// The root of the repository.
    private let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    @Test("what is not there, or nothing that dump knows, is said in one line")
    func refused() throws {
        let missing = try shell.varve("dump none")
        #expect(missing.code == 3)
        #expect(missing.errors == "varve: cannot open none: no such file or directory (ENOENT)\n")
        let other = try shell.run("echo hello >letter.txt; \"$VARVE\" dump letter.txt")
        #expect(other.code == 3 && other.output.isEmpty)
        #expect(other.errors.hasPrefix("varve: letter.txt is no file that dump knows"))
        let empty = try shell.run("mkdir empty; \"$VARVE\" dump empty")
        #expect(empty.code == 3)
        #expect(empty.errors == "varve: empty has no log, index or checkpoint in it\n")
        #expect(try shell.varve("dump").code == 2)
    }

    @Test("damage is shown where it is, the rest is dumped, and the end is 5")
    func damaged() throws {
        let outcome = try shell.run(
            """
            for n in 1 2 3; do echo "line $n" | "$VARVE" append data --quiet >/dev/null; done
            log=data/log-0/00000000000000000000.log
            printf X | dd of=$log bs=1 seek=100 conv=notrunc 2>/dev/null
            "$VARVE" dump $log
            """)
        #expect(outcome.code == 5)
        #expect(outcome.output.contains("\n  damage at 74, "), "\(outcome.output)")
        #expect(outcome.output.contains("value \"line 1\""))
        #expect(outcome.output.contains("value \"line 3\""))
        #expect(!outcome.output.contains("line 2"))
        #expect(outcome.errors.contains("is damaged at bytes 74..<"))
    }

    @Test("noise under any name that dump knows is no trap")
    func noise() throws {
        for name in [
            "1.log", "00000000000000000000.index", "00000000000000000000.timeindex", "2.txnindex",
            "3.snapshot", "varve.ends", "meta.properties", "leader-epoch-checkpoint",
        ] {
            let outcome = try shell.run(
                """
                head -c 70000 /dev/urandom >\(name)
                "$VARVE" dump \(name) >/dev/null && "$VARVE" dump --json \(name) >/dev/null
                """)
            #expect(outcome.code == 0 || outcome.code == 5, "\(name): \(outcome.errors)")
        }
    }

    @Test("bytes that cannot be shown are printed in hex, others as text")
    func text() throws {
        let outcome = try shell.run(
            """
            printf 'plain "text"\\n\\033[31mred\\nna\\303\\257ve\\n' | "$VARVE" append data --quiet
            "$VARVE" dump data/log-0/00000000000000000000.log
            """)
        #expect(outcome.output.contains("value \"plain \\\"text\\\"\""))
        #expect(outcome.output.contains("value 0x1b5b33316d726564"))
        #expect(outcome.output.contains("value \"naïve\""))
    }

    @Test("every line of dump is what Kafka's own reader says of the same logs")
    func golden() throws {
        let outcome = try shell.run(
            "\(root)/tools/golden-compare \(root)/Tests/Fixtures/golden --varve \"$VARVE\"")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("3 partitions equal"), "\(outcome)")
    }

    @Test(
        "logs of magic 0 and 1, and of all three formats, are listed as Kafka's reader lists them")
    func goldenLegacy() throws {
        let outcome = try shell.run(
            "\(root)/tools/golden-compare \(root)/Tests/Fixtures/golden --set legacy "
                + "--varve \"$VARVE\"")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("11 partitions equal"), "\(outcome)")
    }
}
