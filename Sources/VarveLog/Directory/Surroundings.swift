public import VarveSystem
public import VarveTerms

/// The outside, as the engine is handed it: files, clocks, chance, and who is asking.
public struct Surroundings: Sendable {
    public var fileSystem: any FileSystem
    public var clock: any Clock
    public var randomness: any Randomness
    /// The id under which a refused opening names the owner.
    public var processID: Int32
    /// Another number after each start of the system: what the page cache held in the same boot it
    /// still holds, so an end that was published there is exact and not only a lower bound.
    public var bootID: UniqueID

    public init(
        fileSystem: any FileSystem, clock: any Clock, randomness: any Randomness,
        processID: Int32, bootID: UniqueID
    ) {
        self.fileSystem = fileSystem
        self.clock = clock
        self.randomness = randomness
        self.processID = processID
        self.bootID = bootID
    }
}
