import Testing
import VarveLog

@Suite("LogName")
struct LogNameTests {
    @Test(
        "a folder that is no log's is not taken for one",
        arguments: [
            "", "-", "a", "a-", "-0", "a-x", "a-+1", "a-01", "a-00", "a-2147483648", "a b-0",
            "a/b-0",
            "a\0-0", "a-0 ", "a-\u{661}", "remote-log-index-cache", "a-0x1",
        ])
    func refused(folder: String) { #expect(LogName(folder: folder) == nil) }

    @Test(
        "the partition is what follows the last dash",
        arguments: [
            ("clicks-7", "clicks", Int32(7)), ("audit-eu-3", "audit-eu", 3), ("a--1", "a-", 1),
            ("..-0", "..", 0), ("__cluster_metadata-0", "__cluster_metadata", 0),
            ("a-2147483647", "a", .max),
        ])
    func parsed(folder: String, topic: String, partition: Int32) throws {
        let name = try #require(LogName(folder: folder))
        #expect(name.topic == topic)
        #expect(name.partition == partition)
        #expect(name.folder == folder)
    }

    @Test("a name that no folder can have is refused")
    func bounds() {
        #expect(LogName(topic: "", partition: 0) == nil)
        #expect(LogName(topic: "a", partition: -1) == nil)
        for separator in [" ", "\t", "\n", "\r", "/", "\0"] {
            #expect(LogName(topic: "a" + separator, partition: 0) == nil)
        }
        #expect(LogName(topic: String(repeating: "a", count: 253), partition: 0) != nil)
        #expect(LogName(topic: String(repeating: "a", count: 254), partition: 0) == nil)
        #expect(LogName(topic: String(repeating: "a", count: 253), partition: 10) == nil)
    }

    @Test("order is by topic, then by number")
    func order() {
        let names = ["b-0", "a-10", "a-9", "a-b-0"].compactMap { LogName(folder: $0) }
        #expect(names.sorted().map(\.folder) == ["a-9", "a-10", "a-b-0", "b-0"])
    }
}
