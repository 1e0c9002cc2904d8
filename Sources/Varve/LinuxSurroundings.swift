internal import VarveLinux
public import VarveLog

extension Surroundings {
    /// The files, clocks and randomness of this machine, for this process.
    public static var linux: Surroundings {
        Surroundings(
            fileSystem: LinuxFileSystem(), clock: LinuxClock(), randomness: LinuxRandomness(),
            processID: LinuxProcess.processID, bootID: LinuxProcess.bootID)
    }
}
