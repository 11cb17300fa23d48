import Glibc

/// CPU time of this process.
enum CPUTime {
    /// User and system time of all its threads so far, in seconds (`man 2 clock_gettime`).
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
