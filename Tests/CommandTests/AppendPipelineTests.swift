import Testing

@Suite("AppendPipeline")
struct AppendPipelineTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    @Test(
        "thousands of small batches keep the order of the lines, however they are built",
        arguments: [
            "--compression zstd", "--compression none", "--compression gzip --flush-size 0",
            "--compression lz4 --flush page-cache", "--compression snappy --segment-size 64KiB",
        ])
    func order(_ options: String) throws {
        let outcome = try shell.run(
            """
            seq 100000 >lines
            "$VARVE" append data lines --batch-size 1KiB \(options) --quiet
            "$VARVE" read data | cmp - lines && "$VARVE" verify data --quiet && echo same
            """)
        #expect(outcome == Shell.Outcome(code: 0, output: "same\n", errors: ""))
    }

    @Test("without a record there is no time until acknowledgement")
    func nothing() throws {
        let outcome = try shell.run("\"$VARVE\" append data /dev/null --json")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains(#""acknowledgedAfterUs":null"#))
    }

    @Test("a write that fails ends the append with its reason, and keeps what was acknowledged")
    func failure() throws {
        let outcome = try shell.run(
            """
            seq 3 | "$VARVE" append data --quiet
            # Ignored, the signal of the limit becomes an error of the write.
            (trap '' XFSZ; ulimit -f 8; seq 1000000 | "$VARVE" append data --batch-size 1KiB \
            --quiet >/dev/null 2>failed; echo $?)
            grep -c EFBIG failed
            "$VARVE" recover data --yes --quiet >/dev/null; "$VARVE" read data --count 3
            """)
        #expect(outcome == Shell.Outcome(code: 0, output: "4\n1\n1\n2\n3\n", errors: ""))
    }
}
