import VarveTerms

/// Somebody who talks to the broker. It is woken when it wants to be, asks, hears, and tells the
/// oracles what it was promised.
class Member {
    unowned let world: ScheduleWorld
    let name: String
    private(set) var wakesAt: Instant
    /// Nobody will hear of it again.
    private(set) var isGone = false
    private(set) var lines: [Line] = []

    init(_ world: ScheduleWorld, _ name: String) {
        self.world = world
        self.name = name
        wakesAt = world.now
        lines = [Line(world)]
    }

    var line: Line { lines[0] }

    /// Takes another connection beside the first.
    func takeLine(_ line: Line) { lines.append(line) }

    /// Does what it does next.
    func act() {}

    /// Whether it has come to rest after the last fault.
    var isSettled: Bool { true }

    /// What it waits for, where it is not settled.
    var complaint: String { "" }

    /// Is woken again after some time between both.
    func sleep(_ least: Int, _ most: Int) {
        let span = Int.random(in: least...most, using: &world.random)
        wakesAt = world.now.advanced(by: .milliseconds(span))
    }

    /// Dies as a process does: its connections break.
    func die() {
        isGone = true
        for line in lines { line.close() }
    }

    func fail(_ text: @autoclosure () -> String) { world.fail("\(name): \(text())") }
}
