import Testing
import VarveLog
import VarveTerms

@Suite("MetaProperties")
struct MetaPropertiesTests {
    private static func parse(_ text: String) throws -> MetaProperties {
        try MetaProperties(parsing: Array(text.utf8))
    }

    // Error paths.

    @Test(
        "a malformed file is refused with line, finding and expectation",
        arguments: [
            ("version=2\n", "line 1: version is \"2\", expected 0 or 1"),
            ("version=-1\n", "line 1: version is \"-1\", expected 0 or 1"),
            ("#\n\nversion=x\n", "line 3: version is \"x\", expected a number"),
            ("version=1\ncluster.id=c\n", "line 3: node.id is missing"),
            ("version=1\nnode.id=3", "line 3: cluster.id is missing"),
            ("node.id=\nversion=1\n", "line 1: node.id is \"\", expected a number"),
            (
                "version=1\nnode.id=2147483648\n",
                "line 2: node.id is \"2147483648\", expected a number"
            ),
            ("version=1\nnode.id=-1\n", "line 2: node.id is \"-1\", expected 0 to 2147483647"),
            ("broker.id=1 \n", "line 1: broker.id is \"1 \", expected a number"),
            ("directory.id=x\n", "line 1: directory.id is \"x\", expected 22 letters of base64"),
            ("a=\\u00g0\n", "line 1: found \"\\u00g0\", expected \\u and four hexadecimal digits"),
            ("a=\\u123", "line 1: found \"\\u123\", expected \\u and four hexadecimal digits"),
            ("a=\\ud800\n", "line 1: found \"\\ud800\", expected \\u surrogates in pairs"),
        ])
    func refused(text: String, description: String) {
        #expect(defect(MetaProperties.self, text)?.description == description)
    }

    @Test("no cut and no single byte traps")
    func noTrap() {
        let sample = "# c\nnode.id=1\nversion : 1\nx\\=y=\\u0041 \\\n  z\ncluster.id=Ab"
        expectNoTrap(MetaProperties.self, near: Array(sample.utf8))
    }

    @Test("a file of nothing but backslashes, line ends or zeros is read or refused")
    func floods() {
        for byte: UInt8 in [0x5C, 0x0A, 0x0D, 0, 0xFF, 0x3D] {
            _ = try? MetaProperties(parsing: [UInt8](repeating: byte, count: 65_536))
        }
        let continued = String(repeating: "\\\n", count: 30_000)
        _ = try? Self.parse(continued)
    }

    // Java's syntax, seen through the properties that have no meaning here.

    @Test(
        "keys and values are read as Java reads them",
        arguments: [
            ("k=v", "k", "v"), ("k:v", "k", "v"), ("k v", "k", "v"), ("k\tv", "k", "v"),
            ("  k = v", "k", "v"), ("k  :  v ", "k", "v "), ("k==v", "k", "=v"),
            ("k= :v", "k", ":v"),
            ("k", "k", ""), ("k=", "k", ""), ("=v", "", "v"), ("k\\ l=v", "k l", "v"),
            ("k\\=l\\:m=v", "k=l:m", "v"), ("k=a\\tb\\nc\\rd\\fe", "k", "a\tb\nc\rd\u{C}e"),
            ("k=\\\\", "k", "\\"), ("k=\\q\\#", "k", "q#"), ("k=a#b", "k", "a#b"),
            ("k=\\u0041\\u00e9", "k", "A\u{E9}"), ("k=\\ud83d\\ude00", "k", "\u{1F600}"),
            ("k=a\\\n   b", "k", "ab"), ("k=a\\\r\n#b", "k", "a#b"), ("k=a\\", "k", "a"),
            ("k\\\n=v", "k", "v"), ("k=1\nk=2", "k", "2"), ("k=\u{0}", "k", "\u{0}"),
        ])
    func syntax(text: String, key: String, value: String) throws {
        #expect(try Self.parse(text).others == [key: value])
    }

    @Test("bytes above ASCII are Latin-1, as Java takes them")
    func latin1() throws {
        let parsed = try MetaProperties(parsing: Array("k=".utf8) + [0xE9])
        #expect(parsed.others == ["k": "\u{E9}"])
    }

    @Test(
        "comments and blank lines say nothing",
        arguments: ["#a=b", "!a=b\\", "  \t# c", "", "\n\r\n \n"])
    func comments(text: String) throws {
        let parsed = try Self.parse(text + "\nversion=0\n")
        #expect(parsed == MetaProperties(.broker(nil, cluster: nil), directoryID: nil))
    }

    @Test(
        "unknown properties are kept on rewriting, whatever letters they have",
        arguments: [
            "plain", " leading", "trailing ", "a=b:c#d!e\\f", "tab\tline\nfeed\r\u{C}",
            "\u{0}\u{7F}",
            "\u{E9}\u{1F600}", "",
        ])
    func kept(text: String) throws {
        let properties = MetaProperties(
            .node(7, cluster: text), directoryID: nil, others: [text + "k": text, "z": "1"])
        let printed = properties.printed()
        #expect(try MetaProperties(parsing: printed) == properties)
        #expect(printed.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
    }

    @Test("the printed form is what Java's own would be")
    func printed() {
        let properties = MetaProperties(
            .node(1, cluster: "a b=c"), directoryID: UniqueID(high: 0, low: 5),
            others: ["k l": " \u{E9}"])
        #expect(
            String(decoding: properties.printed(), as: UTF8.self) == """
                node.id=1
                directory.id=AAAAAAAAAAAAAAAAAAAABQ
                version=1
                cluster.id=a b\\=c
                k\\ l=\\ \\u00E9

                """)
    }

    @Test("a key that another version gives a meaning is kept as it is")
    func otherVersion() throws {
        let parsed = try Self.parse("version=1\nnode.id=1\ncluster.id=c\nbroker.id=x\n")
        #expect(parsed.others == ["broker.id": "x"])
        #expect(parsed.nodeID == 1)
    }

    // What Kafka wrote.

    @Test("Kafka's files print as the same bytes but for the comments")
    func golden() throws {
        let paths = Fixture.files(named: MetaProperties.fileName)
        try #require(paths.count >= 4)
        for path in paths {
            let bytes = Fixture.bytes(path)
            let lines = bytes.split(separator: 0x0A).filter { $0.first != UInt8(ascii: "#") }
            let properties = try MetaProperties(parsing: bytes)
            #expect(properties.printed() == Array(lines.joined(separator: [0x0A])) + [0x0A])
            #expect(properties.others.isEmpty)
            #expect(properties.clusterID?.utf8.count == 22)
        }
    }

    @Test("the example of the documentation is what it says")
    func documentation() throws {
        let properties = try MetaProperties(parsing: Fixture.example(in: "meta-properties.md"))
        #expect(properties.owner == .node(1, cluster: "AAAAAAAAAAAAAAAAAAAAAg"))
        #expect(properties.version == 1)
        #expect(properties.directoryID?.description == "TzvWVtiZZuWI0MXo2tKBWw")
        #expect(properties.others == ["rack": "north = 2"])
    }
}
