import Glibc

/// CPU time of this process.
enum CPUTime {
    /// User and system time of all its threads so far, in seconds (`man 2 clock_gettime`).
    static func now() -> Double { seconds(of: CLOCK_PROCESS_CPUTIME_ID) }
}

/// The most memory this process has had resident so far.
enum PeakMemory {
    /// `VmHWM` in bytes (`man 5 proc`). Unlike `ru_maxrss` it begins again with the program, not with its parent's peak.
    static func bytes() throws -> Double {
        for line in TextFile.text(of: "/proc/self/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count == 3, let kibibytes = Double(words[1]) { return kibibytes * 1_024 }
        }
        throw BenchmarkError("/proc/self/status: shows no VmHWM; this measurement needs Linux")
    }
}

private func seconds(of clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
