import Testing
import VarveTerms

@Suite("Offset")
struct OffsetTests {
    @Test("a negative number from outside becomes no offset", arguments: [-1, -2, Int64.min])
    func negative(number: Int64) {
        #expect(Offset(exactly: number) == nil)
        #expect(LeaderEpoch(exactly: Int32(clamping: number)) == nil)
        #expect(ByteCount(exactly: Int(number)) == nil)
    }

    @Test("a negative number of our own traps")
    func negativeTraps() async {
        await #expect(processExitsWith: .failure) { _ = Offset(-1) }
        await #expect(processExitsWith: .failure) { _ = LeaderEpoch(-1) }
        await #expect(processExitsWith: .failure) { _ = ByteCount(-1) }
        await #expect(processExitsWith: .failure) { _ = FilePosition(-1) }
        await #expect(processExitsWith: .failure) { _ = RecordCount(-1) }
        await #expect(processExitsWith: .failure) { _ = Offset.zero.advanced(by: -1) }
    }

    @Test("a step past either end of the range is answered with nil")
    func overflow() {
        #expect(Offset(Int64.max).advanced(byExactly: 1) == nil)
        #expect(Offset(Int64.max - 1).advanced(byExactly: 1) == Offset(Int64.max))
        #expect(Offset(3).advanced(byExactly: -4) == nil)
        #expect(Offset(3).advanced(byExactly: -3) == .zero)
        #expect(Offset.zero.advanced(byExactly: .min) == nil)
    }

    @Test("offsets order and measure records")
    func order() {
        #expect(Offset(2) < Offset(10))
        #expect(Offset(2).distance(to: Offset(10)) == 8)
        #expect(Offset(10).distance(to: Offset(2)) == -8)
        #expect(Offset(2).advanced(by: 8) == Offset(10))
        #expect("\(Offset(42))" == "42")
        #expect(LeaderEpoch(3) < LeaderEpoch(4))
    }
}
