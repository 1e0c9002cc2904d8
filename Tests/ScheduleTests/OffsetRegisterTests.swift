import Testing
import VarveTerms

/// The register that offsets are held against is itself held against hand-made histories.
@Suite("OffsetRegister")
struct OffsetRegisterTests {
    private func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("what was written last is read, and nothing before it")
    func lastOne() {
        var register = OffsetRegister()
        #expect(register.allowed(from: at(0), to: at(1)) == [-1])
        let one = register.begin(10, at: at(2))
        register.end(one, .applied, at: at(4))
        let two = register.begin(11, at: at(5))
        #expect(register.allowed(from: at(6), to: at(7)) == [10, 11])
        register.end(two, .applied, at: at(8))
        #expect(register.allowed(from: at(9), to: at(10)) == [11])
    }

    @Test("a write that may have come, may come later; one that was refused never does")
    func lostOne() {
        var register = OffsetRegister()
        _ = register.begin(10, at: at(1))
        let two = register.begin(11, at: at(2))
        register.end(two, .applied, at: at(3))
        let three = register.begin(12, at: at(4))
        register.end(three, .refused, at: at(5))
        #expect(register.allowed(from: at(6), to: at(7)) == [10, 11])
    }

    @Test("of two that were under way at once either may be the last")
    func both() {
        var register = OffsetRegister()
        let (one, two) = (register.begin(10, at: at(1)), register.begin(11, at: at(2)))
        register.end(one, .applied, at: at(3))
        register.end(two, .applied, at: at(4))
        #expect(register.allowed(from: at(5), to: at(6)) == [10, 11])
    }
}
