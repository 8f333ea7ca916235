import CInline

/// How this process goes about its memory.
public enum ProcessMemory {
    /// To be called once, at the start of a program that reads feeds: what a block of rows needed is kept for the next one, up to 256 MB.
    ///
    /// The C library of Linux gives freed memory back to the system and takes it again for every block, which costs as much as a quarter of
    /// reading it. Peak memory does not change by it. Elsewhere this does nothing.
    public static func keepFreed() { allocatorKeep(1 << 28, 1 << 24) }
}
