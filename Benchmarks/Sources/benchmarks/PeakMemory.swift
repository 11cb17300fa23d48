/// The most memory this process has had resident so far.
enum PeakMemory {
    /// `VmHWM` in bytes (`man 5 proc`). Unlike `ru_maxrss` it begins anew with the program, not with its parent's peak.
    static func bytes() throws -> Double {
        for line in TextFile.text(of: "/proc/self/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count == 3, let kibibytes = Double(words[1]) { return kibibytes * 1_024 }
        }
        throw BenchmarkError("/proc/self/status: shows no VmHWM; this measurement needs Linux")
    }
}
