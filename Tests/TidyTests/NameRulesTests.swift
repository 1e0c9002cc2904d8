import Testing

@Suite("NameRules")
struct NameRulesTests {
    @Test(
        "names fall into words",
        arguments: [
            ("DataDirectory", ["data", "directory"]), ("HTTPServer", ["http", "server"]),
            ("CRC32C", ["crc", "c"]), ("Segment+Append", ["segment", "append"]),
            ("metadata", ["metadata"]), ("snake_case", ["snake", "case"]),
        ])
    func words(_ name: String, _ words: [String]) { #expect(NameRules.words(of: name) == words) }

    @Test(
        "banned words are found, in singular and plural",
        arguments: [
            "SegmentManager", "Helper", "StringUtils", "Common", "LogImpl", "BatchData", "FileInfo",
            "Misc", "Utilities", "Data", "DataFile", "DirectoryData",
        ])
    func banned(_ name: String) { #expect(NameRules.bannedWord(in: name) != nil) }

    @Test(
        "words that only look alike pass",
        arguments: ["Metadata", "Informed", "Datagram", "DataDirectory", "DataDirectoryLock"])
    func lawful(_ name: String) { #expect(NameRules.bannedWord(in: name) == nil) }

    @Test("a type with a banned word is refused where it stands")
    func types() {
        let text = "// struct LogManager\nlet a = \"enum Util\"\npublic final class LogManager {}\n"
        let findings = NameRules.typeNames(in: SourceText("Sources/A/A.swift", text))
        #expect(findings.map(\.line) == [3])
        let kinds = ["struct", "enum", "actor", "protocol", "typealias", "associatedtype"]
        for kind in kinds {
            let source = SourceText("Sources/A/A.swift", "\(kind) LogHelper")
            #expect(NameRules.typeNames(in: source).count == 1)
        }
    }

    @Test("a file or folder with a banned word is refused")
    func files() {
        for path in ["Sources/A/LogUtil.swift", "Sources/A/Common/Log.swift", "Sources/A/misc.c"] {
            #expect(NameRules.fileNames(in: SourceText(path, "")).count == 1)
        }
        #expect(NameRules.fileNames(in: SourceText("Sources/A/DataDirectory.swift", "")) == [])
    }
}
