import Testing

@testable import VarveSim

@Suite("FileContent")
struct FileContentTests {
    @Test("any sequence of puts, growths, resizes and settles equals a plain array")
    func model() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        for round in 0..<20 {
            var content = FileContent()
            // The model: all blocks, as far as anything ever reached, and the size.
            var blocks = [UInt8](repeating: 0, count: 40_000)
            var size = 0
            for _ in 0..<30 {
                let position = Int.random(in: 0..<15_000, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0...2:
                    let count = Int.random(in: 0..<9_000, using: &random)
                    let bytes = (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
                    content.put(bytes, at: position)
                    blocks.replaceSubrange(position..<position + count, with: bytes)
                case 3:
                    content.grow(to: position)
                    size = max(size, position)
                case 4:
                    content.resize(to: position)
                    size = position
                    for place in size..<blocks.count { blocks[place] = 0 }
                default:
                    content.settle()
                    for place in size..<blocks.count { blocks[place] = 0 }
                }
                #expect(content.size == size)
                #expect(
                    content.bytes(in: 0..<size) == Array(blocks[..<size]),
                    "seed \(seed), round \(round)")
            }
        }
    }

    @Test("a copy keeps its bytes when the original changes")
    func copies() {
        var content = FileContent()
        content.put([1, 2, 3], at: 0)
        content.grow(to: 3)
        let copy = content
        content.put([9], at: 1)
        #expect(copy.bytes(in: 0..<3) == [1, 2, 3])
        #expect(content.bytes(in: 0..<3) == [1, 9, 3])
    }

    @Test("space counts the blocks that were written or reserved")
    func space() {
        var content = FileContent()
        content.put([1], at: 5 * 4096)
        content.grow(to: 5 * 4096 + 1)
        #expect(content.allocatedPageCount == 1)
        content.reserve(size: 4097)
        #expect(content.allocatedPageCount == 3)
        content.resize(to: 1)
        #expect(content.allocatedPageCount == 1)
    }
}
