import Foundation
import Testing

@testable import WireGenerator

/// The checked-in Swift against the table that it is made from.
@Suite("generated code")
struct GeneratedTests {
    private static let module = Fixtures.root.appending(path: "Sources/VarveWire")

    private static func text(_ path: String) throws -> String {
        let bytes = try Foundation.Data(contentsOf: module.appending(path: path))
        return try #require(String(validating: bytes, as: UTF8.self))
    }

    @Test("generating again gives the checked-in files")
    func regeneration() throws {
        var files: [TableFile] = []
        let schemas = Self.module.appending(path: "Schemas")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: schemas.path).sorted()
        for path in paths where path.hasSuffix(".wire") {
            files.append(try TableParser.parse(try Self.text("Schemas/\(path)"), path: path))
        }
        let contents = ModuleCode(files: files).contents
        for content in contents {
            let isEqual = try Self.text("Generated/\(content.name)") == content.text
            #expect(isEqual, "\(content.name): run swift run WireGenerator Sources/VarveWire")
        }
        let present = try FileManager.default.contentsOfDirectory(
            atPath: Self.module.appending(path: "Generated").path)
        #expect(Set(present) == Set(contents.map(\.name)))
    }

    @Test(
        "a faulty line of the table is told by its number",
        arguments: [
            (
                "request A  versions 0-1  flexible 1+\n   a int8",
                "indented by an odd number of blanks"
            ),
            ("request A  flexible none", "A has no versions"),
            ("nonsense A  versions 0  flexible none", "nonsense starts no message"),
            ("request A  versions 0  odd", "odd says nothing about a message"),
            ("request A  versions 0-1\n  a", "a has no type"),
            ("request A  versions 0-1\n  a int8 4+", "4+ says nothing about a field"),
            ("request A  versions 0-1\n    a int8", "a is indented too deep"),
            ("request A  versions 0-1\n  a string?5+", "string?5+ is null in no version"),
            ("request A  versions 0-1\n  a [B]", "A.a: B is told nowhere"),
            ("  a int8", "a is in no message"),
        ])
    func faults(text: String, reason: String) {
        #expect {
            try TableParser.parse(text, path: "t.wire")
        } throws: { error in
            (error as? TableError)?.reason == reason
        }
    }

    @Test("ranges of versions are read against the whole")
    func ranges() {
        let whole = VersionRange(2, 9)
        #expect(VersionRange("3+", within: whole) == VersionRange(3, 9))
        #expect(VersionRange("-5", within: whole) == VersionRange(2, 5))
        #expect(VersionRange("4", within: whole) == VersionRange(4, 4))
        #expect(VersionRange("1-3", within: whole) == nil)
        #expect(VersionRange("5-4", within: whole) == nil)
        #expect(VersionRange(3, 9).condition(within: whole) == "v >= 3")
        #expect(VersionRange(2, 5).condition(within: whole) == "v <= 5")
        #expect(VersionRange(3, 5).condition(within: whole) == "v >= 3 && v <= 5")
        #expect(whole.condition(within: whole) == nil)
    }
}
