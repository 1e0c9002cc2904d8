import Testing
import VarveBytes
import VarveTerms

@testable import VarveWire

/// What a decoder makes of bytes that no sound sender writes.
@Suite("WireReader")
struct WireReaderTests {
    private func problem<Message: WireMessage>(
        _ type: Message.Type, _ version: Int16, _ bytes: [UInt8], budget: Int? = nil
    ) -> WireError? {
        var reader = WireReader(bytes.rawSpan, budget: budget)
        do throws(WireError) {
            _ = try Message(decoding: &reader, version: version)
            try reader.finish()
            return nil
        } catch {
            return error
        }
    }

    @Test("every vector cut short anywhere is refused and names its message")
    func truncation() {
        for vector in WireVector.all where vector.bytes.count < 400 {
            for size in 0..<vector.bytes.count {
                let found = problem(vector.type, vector.version, Array(vector.bytes.prefix(size)))
                // A varint that is cut looks complete where the next byte is beyond the limit.
                guard let found else {
                    Issue.record("\(vector): \(size) bytes pass")
                    return
                }
                #expect(found.message == "\(vector.type)")
                #expect(found.position <= size)
            }
        }
    }

    @Test("every byte of a vector may be any of some others without a trap")
    func changedBytes() {
        for vector in WireVector.all where vector.bytes.count < 200 {
            for place in vector.bytes.indices {
                for change: UInt8 in [0x01, 0x80, 0xFF] {
                    var bytes = vector.bytes
                    bytes[place] ^= change
                    _ = problem(vector.type, vector.version, bytes)
                }
            }
        }
    }

    @Test("bytes behind the last field are told")
    func trailing() {
        let found = problem(SyncGroupRequest.self, 0, [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9])
        #expect(found?.problem == .trailingBytes(1))
    }

    @Test("versions outside the table are refused")
    func versions() {
        #expect(problem(ProduceRequest.self, 2, [])?.problem == .unsupportedVersion(2))
        #expect(problem(ProduceRequest.self, 14, [])?.problem == .unsupportedVersion(14))
    }

    @Test("a count is held against the bytes that are left")
    func counts() {
        // Metadata 1: an array of topic names, each of at least two bytes.
        let lie: [UInt8] = [0, 0, 0, 2, 0, 0, 0]
        let found = problem(MetadataRequest.self, 1, lie)
        #expect(found?.problem == .badCount(2))
        #expect(found?.field == "topics")
        #expect(
            problem(MetadataRequest.self, 1, [0x7F, 255, 255, 255])?.problem
                == .badCount(0x7FFF_FFFF))
        #expect(problem(MetadataRequest.self, 1, [255, 255, 255, 254])?.problem == .badCount(-2))
        #expect(problem(MetadataRequest.self, 1, [255, 255, 255, 255]) == nil)
    }

    @Test("null stands only where the version allows it")
    func nulls() {
        let found = problem(MetadataRequest.self, 0, [255, 255, 255, 255])
        #expect(found?.problem == .nullNotAllowed)
        #expect(found?.description == "MetadataRequest.topics at byte 4: nullNotAllowed")
    }

    @Test("what arrays and texts take in memory is charged")
    func budget() {
        // 4,000 topics of two bytes each.
        let bytes: [UInt8] = [0, 0, 0x0F, 0xA0] + [UInt8](repeating: 0, count: 8000)
        #expect(problem(MetadataRequest.self, 1, bytes) == nil)
        #expect(problem(MetadataRequest.self, 1, bytes, budget: 100_000)?.problem == .overBudget)
        #expect(
            problem(SaslHandshakeRequest.self, 0, [0, 2, 65, 66], budget: 33)?.problem
                == .overBudget)
    }

    @Test("a text is UTF-8")
    func text() {
        #expect(problem(SaslHandshakeRequest.self, 0, [0, 2, 0xC3, 0x28])?.problem == .badUTF8)
        #expect(problem(SaslHandshakeRequest.self, 0, [0, 3, 65, 66])?.problem == .truncated)
        #expect(problem(SaslHandshakeRequest.self, 0, [255, 254])?.problem == .badLength(-2))
        // SaslAuthenticate has only bytes; ApiVersions 3 begins with a compact text of 32,768.
        #expect(
            problem(ApiVersionsRequest.self, 3, [0x81, 0x80, 2])?.problem == .badLength(32768))
    }

    @Test("tagged fields ascend and fill the size that they announce")
    func tags() {
        // ResponseHeader 1: the correlation id, then tagged fields, none of them known.
        let id: [UInt8] = [0, 0, 0, 1]
        func found(_ tags: [UInt8]) -> WireError.Problem? {
            problem(ResponseHeader.self, 1, id + tags)?.problem
        }
        #expect(found([2, 1, 0, 2, 1, 9]) == nil)
        #expect(found([2, 1, 0, 1, 0]) == .badTag(1))
        #expect(found([2, 2, 0, 1, 0]) == .badTag(1))
        #expect(found([1, 1, 2, 0]) == .truncated)
        #expect(found([3, 1, 0, 2, 0]) == .badCount(3))
        #expect(found([0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) == .badVarint)
        // Fetch 12: the cluster id as tag 0, in three bytes where two are announced.
        let fetch = [UInt8](repeating: 0, count: 25) + [1, 1, 1]
        #expect(problem(FetchRequest.self, 12, fetch + [1, 0, 2, 2, 65]) == nil)
        #expect(problem(FetchRequest.self, 12, fetch + [1, 0, 1, 2, 65])?.problem == .truncated)
        #expect(
            problem(FetchRequest.self, 12, fetch + [1, 0, 3, 2, 65, 0])?.problem == .badLength(1))
    }

    @Test("unknown tagged fields are kept and written again")
    func unknownTags() throws {
        let bytes: [UInt8] = [0, 0, 0, 1, 2, 5, 1, 7, 0xE8, 7, 0]
        var reader = WireReader(bytes.rawSpan)
        let header = try ResponseHeader(decoding: &reader, version: 1)
        #expect(
            header.unknownTags == [
                UnknownTag(tag: 5, bytes: [7]), UnknownTag(tag: 1000, bytes: []),
            ])
        var writer = WireWriter()
        try header.encode(into: &writer, version: 1)
        #expect(writer.buffer.bytes.array() == bytes)
    }

    @Test("the header of a request tells its own version")
    func header() throws {
        func found(_ bytes: [UInt8]) -> Result<RequestHeader, WireError> {
            var reader = WireReader(bytes.rawSpan)
            do throws(WireError) {
                return .success(try RequestHeader(decoding: &reader))
            } catch {
                return .failure(error)
            }
        }
        let start: [UInt8] = [0, 18, 0, 4, 0, 0, 0, 1, 0, 1, 65]
        #expect(try found(start + [0]).get().clientId == "A")
        #expect(throws: WireError.self) { try found(start).get() }
        // ApiVersions of a version to come still has a header that can be read.
        #expect(try found([0, 18, 0, 99] + start.dropFirst(4) + [0]).get().api == .apiVersions)
        guard case .failure(let error) = found([0, 93, 0, 0]) else {
            Issue.record("key 93 passes")
            return
        }
        #expect(error.problem == .unknownAPI(93))
    }
}
