import Testing

@testable import VarveKill

@Suite("SubmittedRecord")
struct SubmittedRecordTests {
    @Test("a value with any byte changed, added or left out is nobody's")
    func changed() {
        let value = SubmittedRecord(life: 3, thread: 7, counter: 12).value(seed: 1)
        for place in value.indices {
            var other = value
            other[place] ^= 1
            #expect(SubmittedRecord(value: other, seed: 1) == nil, "byte \(place)")
        }
        #expect(SubmittedRecord(value: value.dropLast(), seed: 1) == nil)
        #expect(SubmittedRecord(value: value + [0], seed: 1) == nil)
        #expect(SubmittedRecord(value: value, seed: 2) == nil)
    }

    @Test("what is no value at all is nobody's")
    func malformed() {
        for text in ["", "/", "///", "1/2/3", "1/2/3/", "-1/2/3/x", "99999999999/1/1/x", "a/b/c/d"]
        {
            #expect(SubmittedRecord(value: Array(text.utf8), seed: 1) == nil, "\(text)")
        }
    }

    @Test("a value tells its record")
    func whole() {
        for counter in 0..<300 {
            let record = SubmittedRecord(life: 3, thread: 7, counter: counter)
            #expect(SubmittedRecord(value: record.value(seed: 1), seed: 1) == record)
        }
    }
}

@Suite("ChildLine")
struct ChildLineTests {
    @Test("bytes that are no line are refused")
    func malformed() {
        #expect(ChildLine([]) == nil)
        #expect(ChildLine(Array(repeating: 0, count: 32)[...]) == nil)
        #expect(ChildLine(ChildLine.closing.bytes.dropLast()) == nil)
    }

    @Test(
        "a line is 32 bytes and reads back",
        arguments: [
            ChildLine.opened(cutSize: 77), .acknowledged(thread: 3, counter: 1 << 40, offset: 9),
            .deleting(before: .max), .closing,
        ])
    func whole(_ line: ChildLine) {
        #expect(line.bytes.count == ChildLine.size)
        #expect(ChildLine(line.bytes[...]) == line)
    }
}
