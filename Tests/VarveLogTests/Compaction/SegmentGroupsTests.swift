import Testing
import VarveTerms

@testable import VarveLog

@Suite("SegmentGroups")
struct SegmentGroupsTests {
    private func groups(
        _ shapes: [(base: Int64, end: Int64, size: Int)], sizeMax: Int = 1_000,
        index: Int = 0, indexSizeMax: Int = 1_000
    ) -> [Range<Int>] {
        SegmentGroups.group(
            shapes.map {
                SegmentShape(
                    baseOffset: Offset($0.base), endOffset: Offset($0.end), logSize: $0.size,
                    offsetIndexSize: index, timeIndexSize: index)
            }, sizeMax: sizeMax, indexSizeMax: indexSizeMax)
    }

    @Test("neighbours are joined as long as their bytes fit")
    func sizes() {
        let all = [(0, 10, 400), (10, 20, 600), (20, 30, 1), (30, 40, 999), (40, 50, 2_000)]
            .map { (base: Int64($0.0), end: Int64($0.1), size: $0.2) }
        #expect(groups(all) == [0..<2, 2..<4, 4..<5])
        #expect(groups([]) == [])
    }

    @Test("indexes limit a group as well")
    func indexes() {
        let all = (0..<5).map { (base: Int64($0), end: Int64($0 + 1), size: 1) }
        #expect(groups(all, index: 400) == [0..<2, 2..<4, 4..<5])
    }

    @Test("a group spans no more offsets than 31 bits count, and no sum overflows")
    func offsets() {
        let span = Int64(Int32.max) + 1
        #expect(groups([(0, 10, 1), (10, span, 1)]) == [0..<2])
        #expect(groups([(0, 10, 1), (10, span + 1, 1)]) == [0..<1, 1..<2])
        #expect(groups([(0, 10, 1), (10, span * 4, 0)]) == [0..<2])
        let far = Int64.max - 10
        #expect(groups([(0, far, 1), (far, .max, 1)]) == [0..<1, 1..<2])
        #expect(
            groups([(0, 1, .max), (1, 2, .max)], sizeMax: .max, indexSizeMax: .max)
                == [0..<1, 1..<2])
    }
}
