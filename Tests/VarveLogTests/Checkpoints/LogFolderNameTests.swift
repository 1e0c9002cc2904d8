import Testing
import VarveLog
import VarveTerms

@Suite("LogFolderName")
struct LogFolderNameTests {
    private let id = UniqueID(high: 0x0012_3456_789A_BCDE, low: 0xF000_0000_0000_0001)
    private let digits = "00123456789abcdef000000000000001"

    @Test("folders that are no log's, and suffixes without an id, are refused")
    func refused() {
        for name in [
            "", "x", "a-delete", "a-0-delete", "a-0.-delete", "a-0.\(digits.dropLast())-delete",
            "a-0.\(digits.uppercased())-delete", "a-0.0\(digits)-stray", "a.\(digits)-future",
            "a-0.\(digits)-gone", "-0.\(digits)-delete",
        ] {
            #expect(LogFolderName(name) == nil, "\(name)")
        }
    }

    @Test("each standing is read and printed")
    func standings() throws {
        let log = try #require(LogName(topic: "a.b-c", partition: 12))
        for (name, standing): (String, LogFolderName.Standing) in [
            ("a.b-c-12", .live), ("a.b-c-12.\(digits)-delete", .deleted(id)),
            ("a.b-c-12.\(digits)-future", .future(id)), ("a.b-c-12.\(digits)-stray", .stray(id)),
        ] {
            let folder = try #require(LogFolderName(name))
            #expect(folder == LogFolderName(log, standing))
            #expect(folder.description == name)
        }
    }

    @Test("topics that look like a suffix are topics")
    func lookalikes() throws {
        #expect(try #require(LogFolderName("x-delete-0")).log.topic == "x-delete")
        #expect(try #require(LogFolderName("x.\(digits)-0")).standing == .live)
    }

    @Test("a long topic loses its end when deleted or stray, and keeps it when future")
    func capped() throws {
        let topic = String(repeating: "t", count: 249)
        let log = try #require(LogName(topic: topic, partition: 10))
        let deleted = LogFolderName(log, .deleted(id)).description
        #expect(deleted.utf8.count == 255)
        #expect(deleted.hasSuffix("t-10.\(digits)-delete"))
        #expect(try #require(LogFolderName(deleted)).log.partition == 10)
        #expect(LogFolderName(log, .stray(id)).description.utf8.count == 255)
        let future = LogFolderName(log, .future(id)).description
        #expect(future == "\(topic)-10.\(digits)-future")
    }
}
