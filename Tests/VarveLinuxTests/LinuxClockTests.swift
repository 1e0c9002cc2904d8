import Glibc
import Testing
import VarveLinux
import VarveSystem
import VarveTerms

@Suite("LinuxClock")
struct LinuxClockTests {
    @Test("the monotonic clock never goes back")
    func monotonic() {
        let clock = LinuxClock()
        var last = clock.now()
        for _ in 0..<10_000 {
            let next = clock.now()
            #expect(last <= next)
            last = next
        }
    }

    @Test("the wall clock lies between two readings of the system's")
    func wallClock() {
        let clock = LinuxClock()
        let before = time(nil)
        let shown = clock.wallClock().milliseconds
        let after = time(nil)
        // The system's coarse clock may lag behind the exact one by one tick, at most 10 ms.
        #expect(shown >= Int64(before) * 1000)
        #expect(shown <= Int64(after) * 1000 + 1010)
    }
}

@Suite("LinuxRandomness")
struct LinuxRandomnessTests {
    @Test("numbers and ids do not repeat, and every bit moves")
    func numbers() {
        let randomness = LinuxRandomness()
        let numbers = (0..<1000).map { _ in randomness.next() }
        #expect(Set(numbers).count == 1000)
        #expect(numbers.reduce(0, |) == .max)
        #expect(numbers.reduce(.max, &) == 0)
        #expect(randomness.uniqueID() != randomness.uniqueID())
    }
}
