public import VarveTerms

/// How a simulated disk behaves throughout its lives.
public struct DiskOptions: Hashable, Sendable {
    /// Into how many atoms a write falls.
    public enum WriteGranularity: Hashable, Sendable {
        /// One write call is one atom; tears cut it.
        case wholeWrites
        /// Every 512-byte sector, by place in the file, that a write touches is an atom.
        case sectors
    }

    public var writeGranularity = WriteGranularity.wholeWrites
    /// How many bytes fit on the disk, in whole blocks of 4,096; nil for any number.
    public var capacity: ByteCount?
    /// Larger mappings are refused with ENOMEM. Memory of the size asked for is set aside (the
    /// system gives pages only as they are touched), so this bounds what one call may ask.
    public var mappingSizeMax = ByteCount.gib(4)
    /// Larger files are refused with EFBIG; ext4's 16 TiB.
    public var fileSizeMax = ByteCount.gib(16 << 10)
    /// Decides the order in which a directory lists its names.
    public var listingSeed: UInt64 = 0

    public init(
        writeGranularity: WriteGranularity = .wholeWrites, capacity: ByteCount? = nil,
        listingSeed: UInt64 = 0
    ) {
        self.writeGranularity = writeGranularity
        self.capacity = capacity
        self.listingSeed = listingSeed
    }
}
