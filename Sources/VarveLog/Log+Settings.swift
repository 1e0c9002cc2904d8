extension Log {
    /// Goes on with other settings, from the next append on.
    ///
    /// How a log is flushed, read and made stays as it was opened; the rest may change.
    /// - Throws: `.setting` for what is out of bounds, or cannot change; nothing changed then.
    public func change(_ new: LogSettings) throws(LogError) {
        try new.validate()
        guard new.flushPolicy == settings.flushPolicy, new.readAccess == settings.readAccess,
            new.segmentCreation == settings.segmentCreation
        else {
            throw .setting(
                name: "flushPolicy, readAccess, segmentCreation", value: "changed",
                allowed: "only what the log was opened with")
        }
        settings = new
    }
}
