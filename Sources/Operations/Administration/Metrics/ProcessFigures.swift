import Basics
import Foundation

/// What the system says of this process, under the names that Prometheus' client libraries give to it.
struct ProcessFigures: Equatable {
    /// In seconds.
    var processorTime: Double
    /// In bytes.
    var residentMemory: Double
    var virtualMemory: Double
    var openDescriptors: Double?
    var maximumDescriptors: Double?

    /// Reads `/proc/self`. It may block.
    ///
    /// - Returns: Nil where the system has none.
    static func read() -> ProcessFigures? {
        guard let file = FileHandle(forReadingAtPath: "/proc/self/stat"),
            // What cannot be read is left out of the metrics. It is one line, shorter than a page.
            let stat = try? file.read(upToCount: 4_096),
            var figures = ProcessFigures(
                stat: String(decoding: stat, as: UTF8.self), ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
                pageSize: Double(sysconf(Int32(_SC_PAGESIZE))))
        else { return nil }
        // Without the list the figure is left out.
        figures.openDescriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map {
            // The list was read through a descriptor of its own.
            Double($0.count - 1)
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.maximumDescriptors = Double(limit.rlim_cur)
        }
        return figures
    }
}

extension ProcessFigures {
    /// Reads what the kernel writes (`man 5 proc`). A pure function.
    ///
    /// - Parameters:
    ///   - stat: `/proc/self/stat`.
    ///   - ticksPerSecond: In how many parts of a second the kernel counts.
    ///   - pageSize: In bytes.
    init?(stat: String, ticksPerSecond: Double, pageSize: Double) {
        // The second field is the program's name in parentheses, which may hold blanks; the third follows it.
        guard let name = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[name...].split(separator: " ").dropFirst().map { Double($0) }
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? fields[number - 3] : nil }
        guard let user = field(14), let kernel = field(15), let virtual = field(23), let pages = field(24),
            ticksPerSecond > 0
        else { return nil }
        processorTime = (user + kernel) / ticksPerSecond
        (residentMemory, virtualMemory) = (pages * pageSize, virtual)
    }

    /// Adds them.
    ///
    /// - Parameters:
    ///   - text: Where to.
    ///   - start: When the process began its work.
    func add(to text: inout MetricsText, since start: WallTime) {
        text.add(
            "process_cpu_seconds_total", .counter, .node, "Processor time that the process has used.", processorTime)
        text.add("process_resident_memory_bytes", .gauge, .node, "Memory that the process holds.", residentMemory)
        text.add("process_virtual_memory_bytes", .gauge, .node, "Address space of the process.", virtualMemory)
        text.add(
            "process_start_time_seconds", .gauge, .node, "When the process was started, since 1970.",
            Double(start.milliseconds) / 1_000)
        text.add("process_open_fds", .gauge, .node, "Descriptors that are open.", openDescriptors)
        text.add("process_max_fds", .gauge, .node, "Descriptors that may be open.", maximumDescriptors)
    }
}
