public import VarveSystem

/// The random bits of the kernel: getrandom(2), through Swift's own generator.
public final class LinuxRandomness: Randomness {
    public init() {}

    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
