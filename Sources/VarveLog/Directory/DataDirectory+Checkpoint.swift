extension DataDirectory {
    /// Writes the checkpoints with what the logs have noted by `Log.noteForCheckpoint`, where
    /// `checkpoint` would note all of them first; on return they survive a power cut.
    public func storeCheckpoints() throws(LogError) {
        try checkOpen()
        try checkpoints.store()
    }
}
